# SPDX-License-Identifier: Apache-2.0
"""Growable buffer of packed alerts, between evaluation and the queue or Python.

The drain thread packs the alerts of one event while it holds the state lock, and pushes them to the queue after it
releases the lock, because a push may block.
"""

from libc.stdlib cimport free, realloc

from tiercel._core.alerts.pack cimport ALERT_MAX, alert_pack
from tiercel._core.alerts.queue cimport queue_push
from tiercel._core.state.container cimport CONTAINER_HOST, Container


cdef uint64_t alert_owner(const EvalCx *cx) noexcept nogil:
    """The queue share that alerts of a record count against: the container's number, or the control group's id."""
    cdef const Container *container = cx.event.proc.container if cx.event.proc is not NULL else NULL
    if container is NULL or container.number == CONTAINER_HOST:
        return cx.event.hdr.cgroup_id
    return <uint64_t>container.number << 32


cdef bint _make_room(AlertBuffer *alerts) noexcept nogil:
    """Make room for one alert of maximum size."""
    cdef size_t need = alerts.used + sizeof(uint64_t) + ALERT_MAX
    cdef void *grown
    if need <= alerts.size:
        return 1
    if alerts.limit and need > alerts.limit:
        return 0
    grown = realloc(alerts.bytes, 2 * need)
    if grown is NULL:
        return 0
    alerts.bytes = <uint8_t *>grown
    alerts.size = 2 * need
    return 1


cdef bint alert_buffer_add(AlertBuffer *alerts, const Program *program, EvalCx *cx, uint32_t rule) noexcept nogil:
    """Pack the alert of a rule that matched; return 0 without room for it."""
    cdef uint8_t *at
    cdef uint64_t length
    if not _make_room(alerts):
        return 0
    at = alerts.bytes + alerts.used
    length = alert_pack(program, cx, rule, at + sizeof(uint64_t), ALERT_MAX)
    if length == 0:
        return 0
    (<uint64_t *>at)[0] = length
    alerts.used += sizeof(uint64_t) + ((length + 7) & ~(<uint64_t>7))
    return 1


cdef void alert_buffer_keep(EvalCx *cx, const Program *program, uint32_t rule, void *context) noexcept nogil:
    """The `match_fn` that adds to an AlertBuffer, `context`, and counts alerts without room."""
    cdef AlertBuffer *alerts = <AlertBuffer *>context
    if not alert_buffer_add(alerts, program, cx, rule):
        alerts.lost += 1


cdef uint64_t alert_buffer_push(AlertBuffer *alerts, Queue *queue, uint32_t generation) noexcept nogil:
    """Offer the alerts to the queue and clear the buffer; return their number."""
    cdef size_t at = 0
    cdef uint64_t length, pushed = 0
    while at < alerts.used:
        length = (<uint64_t *>(alerts.bytes + at))[0]
        at += sizeof(uint64_t)
        queue_push(queue, alerts.bytes + at, <uint32_t>length, generation, alerts.owner)
        pushed += 1
        at += (length + 7) & ~(<uint64_t>7)
    alerts.used = 0
    return pushed


cdef void alert_buffer_free(AlertBuffer *alerts) noexcept nogil:
    free(alerts.bytes)
    alerts.bytes = NULL
    alerts.used = 0
    alerts.size = 0
