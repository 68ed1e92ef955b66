# SPDX-License-Identifier: Apache-2.0
"""Container ids, read from the names of control groups."""

from tiercel._core.view cimport Slice


cdef bint cgroup_container(Slice path, Slice *id) noexcept nogil
cdef bint cgroups_container(Slice cgroups, Slice *id) noexcept nogil
