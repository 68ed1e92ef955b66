# SPDX-License-Identifier: Apache-2.0
"""Events that tell of containers, on their way to the drain thread.

As in captures they are asynchronous events called ``container``, of no process.  They come from the threads that ask
engines, not from the kernel, so they wait here instead of in a ring, until the drain thread takes them.
"""

from libc.stdlib cimport calloc, free
from libc.string cimport memcpy

from tiercel._core.state.container cimport container_drop, container_keep
from tiercel._core.wire.events_gen cimport EV_ASYNCEVENT, EV_RECORD_MAX, ev_ref, tbl_event

cdef enum:
    BYTES_MAX = 16 << 20    # of all that wait

cdef char *NAME = b"container"
cdef uint32_t NAME_BYTES = 10   # with its NUL


cdef ev_ref _append(ContainerEvent *item, const void *bytes, uint32_t length) noexcept nogil:
    """Put a param's bytes behind the event."""
    cdef ev_ref ref
    ref.off = <unsigned short>item.event.hdr.len
    ref.len = <unsigned short>length
    memcpy(<char *>&item.event + item.event.hdr.len, bytes, length)
    item.event.hdr.len += length
    return ref


cdef bint container_events_add(
    ContainerEventList *list, Container *container, Slice json, uint64_t time_ns
) noexcept nogil:
    """Tell of a container; 0, counted, without room.  A description too long for a record is left out: a missing param.
    """
    cdef uint32_t head = tbl_event(EV_ASYNCEVENT).tail_offset
    cdef bint fits = head + NAME_BYTES + <uint64_t>json.len <= EV_RECORD_MAX
    cdef uint64_t bytes = sizeof(ContainerEvent) + NAME_BYTES + (json.len if fits else <uint32_t>0)
    cdef ContainerEvent *item = NULL
    if list.bytes + bytes <= BYTES_MAX:
        item = <ContainerEvent *>calloc(1, bytes)
    if item is NULL:
        list.lost += 1
        return 0
    item.event.hdr.type = EV_ASYNCEVENT
    item.event.hdr.time_ns = time_ns
    item.event.hdr.len = head
    item.event.name = _append(item, NAME, NAME_BYTES)
    if fits:
        item.event.data = _append(item, json.ptr, json.len)
    item.container = container_keep(container)
    container.is_told = 1
    if list.first is NULL:
        list.first = item
    else:
        list.last.next = item
    list.last = item
    list.bytes += bytes
    return 1


cdef ContainerEvent *container_events_take(ContainerEventList *list) noexcept nogil:
    """The oldest one, to be freed by the caller; NULL for none."""
    cdef ContainerEvent *item = list.first
    if item is not NULL:
        list.first = item.next
        if list.first is NULL:
            list.bytes = 0
    return item


cdef void container_event_free(ContainerEvent *item) noexcept nogil:
    container_drop(item.container)
    free(item)


cdef void container_events_drop(ContainerEventList *list) noexcept nogil:
    """Free all that nobody took."""
    cdef ContainerEvent *item = container_events_take(list)
    while item is not NULL:
        container_event_free(item)
        item = container_events_take(list)
