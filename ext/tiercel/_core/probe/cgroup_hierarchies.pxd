# SPDX-License-Identifier: Apache-2.0
"""Control group hierarchies of this machine."""

cdef tuple own_hierarchies()
