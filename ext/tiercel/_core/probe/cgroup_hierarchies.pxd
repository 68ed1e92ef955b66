# SPDX-License-Identifier: Apache-2.0
"""The hierarchies of control groups that this machine has."""

cdef tuple own_hierarchies()
