# SPDX-License-Identifier: Apache-2.0
"""What the drain thread does with records: through state and rules to the alert queue.  No Python.

One event at a time: its record is borrowed from the ring, checked, applied to the process table, evaluated, and given
back. Matches are serialised while the state lock is held, and go to the queue after it is released, for a queue may
make the thread wait for a reader, and a reader may want to look at the table.

Events of containers of which something is to be known yet may be held, see hold.pyx; between batches the thread
evaluates those that wait no more.
"""

from libc.stdint cimport uint8_t, uint32_t, uint64_t

from tiercel._core.alerts.pending cimport pending_add, pending_push
from tiercel._core.alerts.queue cimport queue_notify
from tiercel._core.eval.program cimport Program, cx_begin, prog_eval, prog_meta, prog_wants
from tiercel._core.live.capture_ring cimport tapes_match, tapes_record
from tiercel._core.live.container_events cimport Telling, telling_free, tellings_take
from tiercel._core.live.hold_queue cimport HOLD_NOT, hold_begin, hold_done, hold_is_due, hold_next, hold_offer
from tiercel._core.probe.cgroup_map cimport cgroup_map_hides, cgroup_map_note
from tiercel._core.probe.ring_consumer cimport rings_done, rings_next, rings_publish, rings_snapshot
from tiercel._core.state.container cimport container_unknown
from tiercel._core.state.process cimport Proc
from tiercel._core.state.process_events cimport state_lock, state_unlock, threads_apply
from tiercel._core.util.clock cimport boot_now
from tiercel._core.values.value cimport EvalCx
from tiercel._core.wire.events_gen cimport (
    EV_ASYNCEVENT, EVF_STATE_ONLY, TBL_EVENT_INTERNAL, ev_hdr, tbl_event, tbl_slot,
)
from tiercel._core.wire.view cimport view_event


cdef enum:
    LOCK_BATCH = 64         # records between two openings of the state lock


cdef void on_match(EvalCx *cx, const Program *program, uint32_t rule, void *context) noexcept nogil:
    """Keep an alert; it goes to the queue after the event."""
    cdef Drain *drain = <Drain *>context
    cdef uint64_t ts_ns = cx.hdr.time_ns + <uint64_t>cx.unix_offset_ns
    # A capture goes on for as long as it should from the moment on at which a held event starts it.
    cdef uint64_t now_ns = ts_ns if cx.held is NULL else drain.now_ns + <uint64_t>drain.unix_offset_ns
    drain.rules.matches[rule] += 1
    tapes_match(&drain.tapes, ts_ns, now_ns, cx.num, drain.rules.captures[rule])
    if not pending_add(&drain.pending, program, cx, rule):
        drain.stats.oversized += 1


cdef void push_pending(Drain *drain) noexcept nogil:
    drain.stats.alerts += pending_push(&drain.pending, drain.queue, drain.rules.generation)
    drain.pushed = 1


cdef bint is_held(Drain *drain, const Proc *proc) noexcept nogil:
    """Of the event that was turned to, in a process: whether it waits, or matches nothing, for all that is not known.
    """
    cdef EvalCx *cx = &drain.rules.cx
    if proc is NULL or proc.container is NULL or proc.container is drain.state.host:
        return 0
    if hold_offer(&drain.hold, drain.rules.program, cx, drain.now_ns) != HOLD_NOT:
        return 1
    cx.unknown = container_unknown(proc.container, prog_meta(drain.rules.program, cx.hdr.type))
    return 0


cdef void on_record(Drain *drain, const uint8_t *record, uint32_t length) noexcept nogil:
    """Everything that happens to one record.  The state lock is held."""
    cdef const ev_hdr *hdr = view_event(record, length)
    cdef Proc *proc
    cdef uint64_t previous_ns = drain.latest_ns
    cdef bint shown
    if hdr is NULL:
        drain.stats.malformed += 1
        return
    drain.stats.events += 1
    drain.stats.by_slot[tbl_slot(hdr.type)] += 1
    proc = threads_apply(drain.state, hdr)
    cgroup_map_note(&drain.cgroup_map, drain.state, hdr.cgroup_id)
    shown = not (hdr.flags & EVF_STATE_ONLY or tbl_event(hdr.type).flags & TBL_EVENT_INTERNAL)
    if shown:
        drain.num += 1
        drain.latest_ns = hdr.time_ns
        if drain.first_ns == 0:
            drain.first_ns = hdr.time_ns
        shown = not cgroup_map_hides(&drain.cgroup_map, drain.state, hdr, proc)
    tapes_record(&drain.tapes, hdr, proc, drain.num, drain.unix_offset_ns, shown)
    if not shown or not prog_wants(drain.rules.program, hdr.type):
        return
    cx_begin(&drain.rules.cx, hdr, proc)
    drain.rules.cx.num = drain.num
    drain.rules.cx.first_ns = drain.first_ns
    drain.rules.cx.previous_ns = previous_ns
    if not is_held(drain, proc):
        prog_eval(drain.rules.program, &drain.rules.cx, on_match, drain)


cdef void batch_release(Drain *drain, bint all) noexcept nogil:
    """Evaluate the events that were held and wait no more, or `all` that are held."""
    drain.now_ns = boot_now()
    if not all and not hold_is_due(&drain.hold, drain.state, drain.now_ns):
        return
    state_lock(drain.state)
    hold_begin(&drain.hold, drain.state)
    while hold_next(&drain.hold, drain.rules.program, &drain.rules.cx, drain.now_ns, all) is not NULL:
        prog_eval(drain.rules.program, &drain.rules.cx, on_match, drain)
        hold_done(&drain.hold)
        if drain.pending.used:
            state_unlock(drain.state)
            push_pending(drain)
            state_lock(drain.state)
    state_unlock(drain.state)
    drain.rules.cx.unix_offset_ns = drain.unix_offset_ns
    notify(drain)


cdef void on_telling(Drain *drain, const Telling *telling) noexcept nogil:
    """Evaluate an event that tells of a container.  The state lock is held."""
    cdef EvalCx *cx = &drain.rules.cx
    drain.num += 1
    drain.stats.told += 1
    if not prog_wants(drain.rules.program, EV_ASYNCEVENT):
        return
    cx_begin(cx, &telling.event.hdr, NULL)
    cx.told = telling.container
    cx.num = drain.num
    cx.first_ns = drain.first_ns
    cx.previous_ns = drain.latest_ns
    cx.unknown = container_unknown(telling.container, prog_meta(drain.rules.program, EV_ASYNCEVENT))
    prog_eval(drain.rules.program, cx, on_match, drain)


cdef void batch_tell(Drain *drain) noexcept nogil:
    """Evaluate the events that tell of containers, each behind those that were held until its container was known."""
    cdef Telling *telling
    if drain.tellings.first is NULL:
        return
    batch_release(drain, 0)
    while True:
        state_lock(drain.state)
        telling = tellings_take(&drain.tellings)
        if telling is not NULL:
            on_telling(drain, telling)
            telling_free(telling)
        state_unlock(drain.state)
        if telling is NULL:
            break
        push_pending(drain)
    notify(drain)


cdef void notify(Drain *drain) noexcept nogil:
    """Tell the readers of the queue if there is something new in it."""
    if drain.pushed:
        drain.pushed = 0
        queue_notify(drain.queue)


cdef int batch_drain(Drain *drain) noexcept nogil:
    """Process what is in the rings, up to BATCH records; how many there were."""
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
        if drain.pending.used or done % LOCK_BATCH == 0:
            state_unlock(drain.state)
            if drain.pending.used:
                push_pending(drain)
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
