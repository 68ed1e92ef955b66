# SPDX-License-Identifier: Apache-2.0
"""Record processing of the drain thread: process table, rules, alert queue.  No Python.

The loop borrows one record at a time from the ring, checks it, applies it to the process table, evaluates it and
returns it.  Matches are packed under the state lock and pushed to the queue after its release: a push may wait for a
reader, and a reader may need the lock to read the table.

Events of containers with pending metadata may be held, see hold_queue.pyx.  Between batches the thread evaluates held
events that are ready.
"""

from libc.stdint cimport uint8_t, uint32_t, uint64_t

from tiercel._core.alerts.buffer cimport alert_buffer_add, alert_buffer_push, alert_owner
from tiercel._core.alerts.queue cimport queue_notify
from tiercel._core.eval.program cimport Program, cx_set_event, prog_depends_on, prog_eval, prog_wants
from tiercel._core.live.capture_ring cimport capture_rings_match, capture_rings_record
from tiercel._core.live.container_events cimport ContainerEvent, container_event_free, container_events_take
from tiercel._core.live.hold_queue cimport HOLD_NOT, hold_begin, hold_done, hold_is_due, hold_next, hold_offer
from tiercel._core.probe.cgroup_map cimport cgroup_map_hides, cgroup_map_note
from tiercel._core.probe.ring_consumer cimport rings_done, rings_next, rings_publish, rings_snapshot
from tiercel._core.state.container cimport container_unknown
from tiercel._core.state.process cimport Proc
from tiercel._core.state.process_events cimport state_lock, state_unlock, process_table_apply
from tiercel._core.util.clock cimport boot_now
from tiercel._core.values.value cimport EvalCx
from tiercel._core.wire.events_gen cimport (
    EV_ASYNCEVENT, EVF_OWN, EVF_STATE_ONLY, TBL_EVENT_INTERNAL, ev_hdr, tbl_event, tbl_slot,
)
from tiercel._core.wire.view cimport view_event


cdef enum:
    LOCK_BATCH = 64         # records between two releases of the state lock


cdef void on_match(EvalCx *cx, const Program *program, uint32_t rule, void *context) noexcept nogil:
    """Pack an alert; it is pushed to the queue after the event."""
    cdef Drain *drain = <Drain *>context
    cdef uint64_t ts_ns = cx.event.hdr.time_ns + <uint64_t>cx.event.unix_offset_ns
    # The duration of a capture starts when a held event is evaluated.
    cdef uint64_t now_ns = ts_ns if cx.event.snapshots is NULL else drain.now_ns + <uint64_t>drain.unix_offset_ns
    drain.rules.matches[rule] += 1
    capture_rings_match(&drain.capture_rings, ts_ns, now_ns, cx.event.num, drain.rules.captures[rule])
    if alert_buffer_add(&drain.alerts, program, cx, rule):
        drain.alerts.owner = alert_owner(cx)
    else:
        drain.stats.oversized += 1


cdef void push_alerts(Drain *drain) noexcept nogil:
    if drain.alerts_are_own:
        drain.alerts_are_own = 0
        alert_buffer_push(&drain.alerts, drain.queue, drain.own_rules.generation)
    else:
        drain.stats.alerts += alert_buffer_push(&drain.alerts, drain.queue, drain.rules.generation)
    drain.pushed = 1


cdef void on_own_match(EvalCx *cx, const Program *program, uint32_t rule, void *context) noexcept nogil:
    """Pack a match of the sensor's own rules."""
    cdef Drain *drain = <Drain *>context
    drain.own_rules.matches[rule] += 1
    if alert_buffer_add(&drain.alerts, program, cx, rule):
        drain.alerts.owner = alert_owner(cx)
        drain.alerts_are_own = 1


cdef void on_own_record(Drain *drain, const ev_hdr *hdr) noexcept nogil:
    """Evaluate the sensor's own rules on a record that no other rule sees.  The caller holds the state lock."""
    cdef EvalCx *cx
    cdef Proc *proc
    if drain.own_rules is NULL or not prog_wants(drain.own_rules.program, hdr.type):
        return
    proc = process_table_apply(drain.state, hdr)
    cx = &drain.own_rules.cx
    cx_set_event(cx, hdr, proc)
    cx.event.unix_offset_ns = drain.unix_offset_ns
    prog_eval(drain.own_rules.program, cx, on_own_match, drain)


cdef bint is_held(Drain *drain, const Proc *proc) noexcept nogil:
    """Return whether the current event needs no evaluation now: it is held, or no rule can match it."""
    cdef EvalCx *cx = &drain.rules.cx
    if proc is NULL or proc.container is NULL or proc.container is drain.state.host:
        return 0
    if hold_offer(&drain.hold, drain.rules.program, cx, drain.now_ns) != HOLD_NOT:
        return 1
    cx.event.unknown_parts = container_unknown(proc.container, prog_depends_on(drain.rules.program, cx.event.hdr.type))
    return 0


cdef void on_record(Drain *drain, const uint8_t *record, uint32_t length) noexcept nogil:
    """Process one record.  The caller holds the state lock."""
    cdef const ev_hdr *hdr = view_event(record, length)
    cdef Proc *proc
    cdef uint64_t previous_ns = drain.latest_ns
    cdef bint shown
    if hdr is NULL:
        drain.stats.malformed += 1
        return
    if hdr.flags & EVF_OWN:
        on_own_record(drain, hdr)
        return
    drain.stats.events += 1
    drain.stats.by_slot[tbl_slot(hdr.type)] += 1
    proc = process_table_apply(drain.state, hdr)
    cgroup_map_note(&drain.cgroup_map, drain.state, hdr.cgroup_id)
    shown = not (hdr.flags & EVF_STATE_ONLY or tbl_event(hdr.type).flags & TBL_EVENT_INTERNAL)
    if shown:
        drain.num += 1
        drain.latest_ns = hdr.time_ns
        if drain.first_ns == 0:
            drain.first_ns = hdr.time_ns
        shown = not cgroup_map_hides(&drain.cgroup_map, drain.state, hdr, proc)
    capture_rings_record(&drain.capture_rings, hdr, proc, drain.num, drain.unix_offset_ns, shown)
    if not shown or not prog_wants(drain.rules.program, hdr.type):
        return
    cx_set_event(&drain.rules.cx, hdr, proc)
    drain.rules.cx.event.num = drain.num
    drain.rules.cx.event.first_ns = drain.first_ns
    drain.rules.cx.event.previous_ns = previous_ns
    if not is_held(drain, proc):
        prog_eval(drain.rules.program, &drain.rules.cx, on_match, drain)


cdef void event_loop_release_held(Drain *drain, bint all) noexcept nogil:
    """Evaluate the held events that are ready, or `all` held events."""
    drain.now_ns = boot_now()
    if not all and not hold_is_due(&drain.hold, drain.state, drain.now_ns):
        return
    state_lock(drain.state)
    hold_begin(&drain.hold, drain.state)
    while hold_next(&drain.hold, drain.rules.program, &drain.rules.cx, drain.now_ns, all) is not NULL:
        prog_eval(drain.rules.program, &drain.rules.cx, on_match, drain)
        hold_done(&drain.hold)
        if drain.alerts.used:
            state_unlock(drain.state)
            push_alerts(drain)
            state_lock(drain.state)
    state_unlock(drain.state)
    drain.rules.cx.event.unix_offset_ns = drain.unix_offset_ns
    notify(drain)


cdef void on_container_event(Drain *drain, const ContainerEvent *item) noexcept nogil:
    """Evaluate a `container` event.  The caller holds the state lock."""
    cdef EvalCx *cx = &drain.rules.cx
    drain.num += 1
    drain.stats.container_events += 1
    if not prog_wants(drain.rules.program, EV_ASYNCEVENT):
        return
    cx_set_event(cx, &item.event.hdr, NULL)
    cx.event.lacks_thread = 1
    cx.event.container = item.container
    cx.event.num = drain.num
    cx.event.first_ns = drain.first_ns
    cx.event.previous_ns = drain.latest_ns
    cx.event.unknown_parts = container_unknown(item.container, prog_depends_on(drain.rules.program, EV_ASYNCEVENT))
    prog_eval(drain.rules.program, cx, on_match, drain)


cdef void event_loop_container_events(Drain *drain) noexcept nogil:
    """Evaluate the queued `container` events, each after the held events that waited for its container."""
    cdef ContainerEvent *item
    if drain.container_events.first is NULL:
        return
    event_loop_release_held(drain, 0)
    while True:
        state_lock(drain.state)
        item = container_events_take(&drain.container_events)
        if item is not NULL:
            on_container_event(drain, item)
            container_event_free(item)
        state_unlock(drain.state)
        if item is NULL:
            break
        push_alerts(drain)
    notify(drain)


cdef void notify(Drain *drain) noexcept nogil:
    """Wake the readers of the alert queue if it has new alerts."""
    if drain.pushed:
        drain.pushed = 0
        queue_notify(drain.queue)


cdef int event_loop_drain(Drain *drain) noexcept nogil:
    """Process up to BATCH records of the rings; return their number."""
    cdef const uint8_t *record
    cdef uint32_t length
    cdef int done = 0

    rings_snapshot(&drain.rings, drain.now_ns)
    drain.stats.polls += 1
    record = rings_next(&drain.rings, &length)
    if record is NULL:
        return 0
    state_lock(drain.state)
    while record is not NULL:
        on_record(drain, record, length)
        rings_done(&drain.rings)
        done += 1
        if drain.alerts.used or done % LOCK_BATCH == 0:
            state_unlock(drain.state)
            if drain.alerts.used:
                push_alerts(drain)
            state_lock(drain.state)
        if done == BATCH:
            break
        record = rings_next(&drain.rings, &length)
    state_unlock(drain.state)
    rings_publish(&drain.rings)
    notify(drain)
    drain.stats.lag_ns = boot_now() - drain.rings.last_ns
    if drain.stats.lag_ns > drain.stats.lag_max_ns:
        drain.stats.lag_max_ns = drain.stats.lag_ns
    return done
