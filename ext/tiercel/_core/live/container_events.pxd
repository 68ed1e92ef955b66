# SPDX-License-Identifier: Apache-2.0
"""Queue of `container` events for the drain thread."""

from libc.stdint cimport uint32_t, uint64_t

from tiercel._core.state.container cimport Container
from tiercel._core.util.slice cimport Slice
from tiercel._core.wire.events_gen cimport ev_asyncevent

cdef struct ContainerEvent:
    ContainerEvent *next
    Container *container
    ev_asyncevent event     # followed by the data of its params

# Under the state lock.
cdef struct ContainerEventQueue:
    ContainerEvent *first
    ContainerEvent *last
    uint64_t bytes
    uint64_t lost           # events dropped without room


cdef bint container_events_add(
    ContainerEventQueue *list, Container *container, Slice json, uint64_t time_ns
) noexcept nogil
cdef ContainerEvent *container_events_take(ContainerEventQueue *list) noexcept nogil
cdef void container_event_free(ContainerEvent *item) noexcept nogil
cdef void container_events_clear(ContainerEventQueue *list) noexcept nogil
