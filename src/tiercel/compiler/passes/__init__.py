# SPDX-License-Identifier: Apache-2.0
"""The passes, one module each.  A pass makes new trees of those that it is given; nothing is changed in place."""
