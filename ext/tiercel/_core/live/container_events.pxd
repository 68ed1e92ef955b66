# SPDX-License-Identifier: Apache-2.0
"""Queue of `container` events for the drain thread."""

from libc.stdint cimport uint32_t, uint64_t

from tiercel._core.state.container cimport Container
from tiercel._core.util.slice cimport Slice
from tiercel._core.wire.events_gen cimport ev_asyncevent

cdef struct ContainerEvent:
    ContainerEvent *next
    Container *container
    ev_asyncevent event     # the data of its params follows

# Under the state lock.
cdef struct ContainerEventList:
    ContainerEvent *first
    ContainerEvent *last
    uint64_t bytes
    uint64_t lost           # events that were dropped, as the list was full


cdef bint container_events_add(
    ContainerEventList *list, Container *container, Slice json, uint64_t time_ns
) noexcept nogil
cdef ContainerEvent *container_events_take(ContainerEventList *list) noexcept nogil
cdef void container_event_free(ContainerEvent *item) noexcept nogil
cdef void container_events_drop(ContainerEventList *list) noexcept nogil
