# SPDX-License-Identifier: Apache-2.0
"""Events that tell of containers, on their way to the drain thread."""

from libc.stdint cimport uint32_t, uint64_t

from tiercel._core.state.container cimport Container
from tiercel._core.util.slice cimport Slice
from tiercel._core.wire.events_gen cimport ev_asyncevent

cdef struct Telling:
    Telling *next
    Container *container
    ev_asyncevent event     # what its params refer to stands behind it

# Under the state lock.
cdef struct Tellings:
    Telling *first
    Telling *last
    uint64_t bytes
    uint64_t lost           # containers that there was no room to tell of


cdef bint tellings_add(Tellings *list, Container *container, Slice json, uint64_t time_ns) noexcept nogil
cdef Telling *tellings_take(Tellings *list) noexcept nogil
cdef void telling_free(Telling *telling) noexcept nogil
cdef void tellings_drop(Tellings *list) noexcept nogil
