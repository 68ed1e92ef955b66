# SPDX-License-Identifier: Apache-2.0
"""The alerts of one event, between its evaluation and the queue.

They are serialised while the state is locked, and go to the queue after that, for a queue may make its caller wait.
"""

from libc.stdlib cimport free, realloc

from tiercel._core.alerts.pack cimport ALERT_MAX, alert_pack
from tiercel._core.alerts.queue cimport queue_push
from tiercel._core.state.container cimport CONTAINER_HOST, Container

cdef enum:
    PENDING_MAX = 1 << 26   # most room for the alerts of one event


cdef bint _room(Pending *pending) noexcept nogil:
    """Make room for one more alert."""
    cdef size_t need = <size_t>pending.used + sizeof(uint64_t) + ALERT_MAX
    cdef void *grown
    if need <= pending.size:
        return 1
    if need > PENDING_MAX:
        return 0
    grown = realloc(pending.data, 2 * need)
    if grown is NULL:
        return 0
    pending.data = <uint8_t *>grown
    pending.size = 2 * need
    return 1


cdef uint64_t _owner(const EvalCx *cx) noexcept nogil:
    """Whose share of the queue an alert takes: its container's, in whichever control groups, or that of the groups."""
    cdef const Container *container = cx.proc.container if cx.proc is not NULL else NULL
    if container is NULL or container.number == CONTAINER_HOST:
        return cx.hdr.cgroup_id
    return <uint64_t>container.number << 32


cdef bint pending_add(Pending *pending, const Program *program, EvalCx *cx, uint32_t rule) noexcept nogil:
    """Serialise an alert; 0 if there is no room for it."""
    cdef uint8_t *at
    cdef uint64_t length
    if not _room(pending):
        return 0
    at = pending.data + pending.used
    length = alert_pack(program, cx, rule, at + sizeof(uint64_t), ALERT_MAX)
    if length == 0:
        return 0
    (<uint64_t *>at)[0] = length
    pending.used += sizeof(uint64_t) + ((length + 7) & ~(<uint64_t>7))
    pending.owner = _owner(cx)
    return 1


cdef uint64_t pending_push(Pending *pending, Queue *queue, uint32_t generation) noexcept nogil:
    """Offer the alerts to the queue; how many there were."""
    cdef size_t at = 0
    cdef uint64_t length, pushed = 0
    while at < pending.used:
        length = (<uint64_t *>(pending.data + at))[0]
        at += sizeof(uint64_t)
        queue_push(queue, pending.data + at, <uint32_t>length, generation, pending.owner)
        pushed += 1
        at += (length + 7) & ~(<uint64_t>7)
    pending.used = 0
    return pushed


cdef void pending_free(Pending *pending) noexcept nogil:
    free(pending.data)
