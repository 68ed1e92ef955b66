# SPDX-License-Identifier: Apache-2.0
"""Queue of `container` events for the drain thread.

As in captures these are asynchronous events named ``container``, without a process.  They come from the threads that
query container engines, not from the kernel, so this queue takes the place of a ring buffer.
"""

from libc.stdlib cimport calloc, free
from libc.string cimport memcpy

from tiercel._core.state.container cimport container_drop, container_keep
from tiercel._core.wire.events_gen cimport EV_ASYNCEVENT, EV_RECORD_MAX, ev_ref, tbl_event

cdef enum:
    BYTES_MAX = 16 << 20    # of all queued events

cdef char *NAME = b"container"
cdef uint32_t NAME_BYTES = 10   # with its NUL


cdef ev_ref _append(ContainerEvent *item, const void *bytes, uint32_t length) noexcept nogil:
    """Append the bytes of a param to the event."""
    cdef ev_ref ref
    ref.off = <unsigned short>item.event.hdr.len
    ref.len = <unsigned short>length
    memcpy(<char *>&item.event + item.event.hdr.len, bytes, length)
    item.event.hdr.len += length
    return ref


cdef bint container_events_add(
    ContainerEventQueue *list, Container *container, Slice json, uint64_t time_ns
) noexcept nogil:
    """Queue the event of a container; return 0 and count it as lost without room.

    A payload too long for a record is omitted: the param is absent then.
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
    container.is_announced = 1
    if list.first is NULL:
        list.first = item
    else:
        list.last.next = item
    list.last = item
    list.bytes += bytes
    return 1


cdef ContainerEvent *container_events_take(ContainerEventQueue *list) noexcept nogil:
    """Remove and return the oldest event, which the caller frees; NULL if the queue is empty."""
    cdef ContainerEvent *item = list.first
    if item is not NULL:
        list.first = item.next
        if list.first is NULL:
            list.bytes = 0
    return item


cdef void container_event_free(ContainerEvent *item) noexcept nogil:
    container_drop(item.container)
    free(item)


cdef void container_events_clear(ContainerEventQueue *list) noexcept nogil:
    """Free all queued events."""
    cdef ContainerEvent *item = container_events_take(list)
    while item is not NULL:
        container_event_free(item)
        item = container_events_take(list)
