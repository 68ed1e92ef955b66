# SPDX-License-Identifier: Apache-2.0
"""Python interface to the containers of a process table: requests and responses."""

from libc.stdint cimport uint8_t, uint32_t

from tiercel._core.state.process cimport State
from tiercel._core.util.hashmap cimport IntMap
from tiercel._core.util.slice cimport Slice


cdef bytes to_bytes(object text)
cdef Slice as_slice(bytes text)
cdef object to_text(Slice slice)
cdef void lock_state(State *state) noexcept
cdef int put_names(IntMap *names, object mapping) except -1


cdef class ContainerTable:
    cdef State *state
    cdef object on_container_known  # callback(id, values) for each container with engine metadata; None: no callback

    cdef bint settle(self, object id, uint8_t parts, object values) except -1
    cdef dict engine_metadata_of(self, object id)
