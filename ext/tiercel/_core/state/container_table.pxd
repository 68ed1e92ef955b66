# SPDX-License-Identifier: Apache-2.0
"""The process table's containers as Python sees them: what is asked about them, and the answers."""

from libc.stdint cimport uint8_t, uint32_t

from tiercel._core.state.process cimport State
from tiercel._core.util.hashmap cimport IntMap
from tiercel._core.util.slice cimport Slice


cdef bytes door_bytes(object text)
cdef Slice door_slice(bytes text)
cdef object door_text(Slice slice)
cdef void door_lock(State *state) noexcept
cdef int door_names(IntMap *names, object mapping) except -1


cdef class ContainerTable:
    cdef State *state
    cdef object on_container_known  # callback: id and values of a container with new metadata; or None

    cdef bint settle(self, object id, uint8_t parts, object values) except -1
    cdef dict told_of(self, object id)
