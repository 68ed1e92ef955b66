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


cdef ev_ref _append(Telling *telling, const void *bytes, uint32_t length) noexcept nogil:
    """Put a param's bytes behind the event."""
    cdef ev_ref ref
    ref.off = <unsigned short>telling.event.hdr.len
    ref.len = <unsigned short>length
    memcpy(<char *>&telling.event + telling.event.hdr.len, bytes, length)
    telling.event.hdr.len += length
    return ref


cdef bint tellings_add(Tellings *list, Container *container, Slice json, uint64_t time_ns) noexcept nogil:
    """Tell of a container; 0, counted, without room.  A description too long for a record is left out: a missing param.
    """
    cdef uint32_t head = tbl_event(EV_ASYNCEVENT).tail_offset
    cdef bint fits = head + NAME_BYTES + <uint64_t>json.len <= EV_RECORD_MAX
    cdef uint64_t bytes = sizeof(Telling) + NAME_BYTES + (json.len if fits else <uint32_t>0)
    cdef Telling *telling = NULL
    if list.bytes + bytes <= BYTES_MAX:
        telling = <Telling *>calloc(1, bytes)
    if telling is NULL:
        list.lost += 1
        return 0
    telling.event.hdr.type = EV_ASYNCEVENT
    telling.event.hdr.time_ns = time_ns
    telling.event.hdr.len = head
    telling.event.name = _append(telling, NAME, NAME_BYTES)
    if fits:
        telling.event.data = _append(telling, json.ptr, json.len)
    telling.container = container_keep(container)
    container.is_told = 1
    if list.first is NULL:
        list.first = telling
    else:
        list.last.next = telling
    list.last = telling
    list.bytes += bytes
    return 1


cdef Telling *tellings_take(Tellings *list) noexcept nogil:
    """The oldest one, to be freed by the caller; NULL for none."""
    cdef Telling *telling = list.first
    if telling is not NULL:
        list.first = telling.next
        if list.first is NULL:
            list.bytes = 0
    return telling


cdef void telling_free(Telling *telling) noexcept nogil:
    container_drop(telling.container)
    free(telling)


cdef void tellings_drop(Tellings *list) noexcept nogil:
    """Free all that nobody took."""
    cdef Telling *telling = tellings_take(list)
    while telling is not NULL:
        telling_free(telling)
        telling = tellings_take(list)
