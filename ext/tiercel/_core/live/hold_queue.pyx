# SPDX-License-Identifier: Apache-2.0
"""Queue of events that wait for container metadata.

A new container causes events before its engine returns its metadata.  An event is held if missing metadata can change
the result of a rule or the output of an alert.  An event with an alert is also held while earlier events of its
container are held, so that alerts of one container stay in order.  Events of other containers are not delayed.

A held event is evaluated with copies of its record, of its process and of every process that a field may read.  Only
the names of users are those of the evaluation time, because they are part of the awaited metadata.
"""

from libc.stdlib cimport free, malloc
from libc.string cimport memcpy

from tiercel._core.eval.partial_eval cimport TRI_FALSE, TRI_TRUE
from tiercel._core.eval.plan cimport Plan, plan_mark
from tiercel._core.eval.program cimport (
    Entry, cx_set_event_again, entry_is_sure, entry_next, entry_partial_eval, prog_begin, prog_depends_on,
)
from tiercel._core.fields.event_access cimport param_absent, param_number
from tiercel._core.state.container cimport (
    PART_REQUESTED,
    container_deadline_ns,
    container_drop,
    container_keep,
    container_unknown,
    container_waits,
)
from tiercel._core.state.exec_image cimport image_drop, image_keep, shared_drop, shared_keep
from tiercel._core.state.process cimport proc_current
from tiercel._core.wire.events_gen cimport EV_SLOT_MAX, EV_SWITCH, PT_PID, TBL_NPARTS, tbl_slot

cdef enum:
    BYTES_MAX = 16 << 20        # of all held events
    SHARE_MAX = BYTES_MAX // 4  # of one container
    LINE_MAX = 4096             # maximum number of copied generations
    NUMBERS_MAX = 16            # maximum number of processes that an event refers to by number
    RECHECK = 0xff              # Held.waiting: always check the event in the next pass

cdef uint64_t NEVER = <uint64_t>-1


# --- Copies -----------------------------------------------------------------------------------------------------------

cdef void _note(Proc **found, uint32_t *count, const EvalCx *cx, int64_t number) noexcept nogil:
    """Append the process with a number, if it exists."""
    cdef Proc *proc = NULL
    if 0 < number <= 0x7fff_ffff and count[0] < NUMBERS_MAX:
        proc = proc_current(cx.state, <uint32_t>number)
    if proc is not NULL:
        found[count[0]] = proc
        count[0] += 1


cdef uint32_t _numbered(EvalCx *cx, Proc **found) noexcept nogil:
    """Collect the processes that fields find by number: leaders of session and groups, and processes in params."""
    cdef uint32_t count = 0
    cdef uint8_t i
    _note(found, &count, cx, cx.event.proc.sid)
    _note(found, &count, cx, cx.event.proc.pgid)
    _note(found, &count, cx, cx.event.proc.vpgid)
    for i in range(cx.event.row.nparams):
        if cx.event.row.params[i].type == PT_PID and not param_absent(cx, &cx.event.row.params[i]):
            _note(found, &count, cx, <int64_t>param_number(cx, &cx.event.row.params[i]))
    return count


cdef void _copy(Proc *to, const Proc *proc) noexcept nogil:
    """Copy a process without its links to others."""
    to[0] = proc[0]
    to.image = image_keep(proc.image) if proc.image is not NULL else NULL
    to.cgroups = shared_keep(proc.cgroups) if proc.cgroups is not NULL else NULL
    to.container = container_keep(proc.container) if proc.container is not NULL else NULL
    to.older = to.parent = to.children = to.next_sibling = to.prev_sibling = to.next = to.prev = NULL


cdef void _free(Held *item) noexcept nogil:
    cdef uint32_t i
    for i in range(item.nprocs):
        image_drop(item.procs[i].image)
        shared_drop(item.procs[i].cgroups)
        container_drop(item.procs[i].container)
    free(item)


cdef Held *_new(const Hold *hold, EvalCx *cx) noexcept nogil:
    """Copy the current event of `cx`; return NULL without room."""
    cdef Proc *found[NUMBERS_MAX]
    cdef uint32_t others = _numbered(cx, found)
    cdef uint32_t i, line = 0
    cdef const Proc *proc = cx.event.proc
    cdef Held *item
    cdef size_t bytes
    while proc is not NULL and line < LINE_MAX:
        line += 1
        proc = proc.parent
    bytes = sizeof(Held) + (line + others) * sizeof(Proc) + cx.event.hdr.len
    if hold.stats.bytes + bytes > BYTES_MAX or cx.event.proc.container.held_bytes + bytes > SHARE_MAX:
        return NULL
    item = <Held *>malloc(bytes)
    if item is NULL:
        return NULL
    item.next = NULL
    item.procs = <Proc *>(item + 1)
    item.hdr = <const ev_hdr *>(item.procs + line + others)
    memcpy(<void *>item.hdr, cx.event.hdr, cx.event.hdr.len)
    proc = cx.event.proc
    for i in range(line):
        _copy(&item.procs[i], proc)
        if i:
            item.procs[i - 1].parent = &item.procs[i]
        proc = proc.parent
    for i in range(others):
        _copy(&item.procs[line + i], found[i])
    item.container = item.procs[0].container
    item.nline = line
    item.nprocs = line + others
    item.bytes = <uint32_t>bytes
    item.num = cx.event.num
    item.first_ns = cx.event.first_ns
    item.previous_ns = cx.event.previous_ns
    item.unix_offset_ns = cx.event.unix_offset_ns
    item.run_ns = cx.state.run_ns
    return item


cdef void _set_event(EvalCx *cx, const Held *item) noexcept nogil:
    cx_set_event_again(cx, item.hdr, item.procs)
    cx.event.snapshots = item.procs + item.nline
    cx.event.snapshot_count = item.nprocs - item.nline
    cx.event.num = item.num
    cx.event.first_ns = item.first_ns
    cx.event.previous_ns = item.previous_ns
    cx.event.unix_offset_ns = item.unix_offset_ns
    if item.hdr.type == EV_SWITCH:
        cx.state.run_ns = item.run_ns


# --- Whether to wait --------------------------------------------------------------------------------------------------

cdef int hold_decision(
    const Program *program, EvalCx *cx, uint8_t waiting, uint8_t unknown, bint has_earlier
) noexcept nogil:
    """Return the decision about the current event (DECISION_*).

    `waiting`: PART_* of its container with a pending request.  `unknown`: these, and PART_* that will stay unknown.
    `has_earlier`: the queue holds earlier events of the container, so an alert of this event has to wait, too.  A plan
    that depends on awaited parts is not used.
    """
    cdef unsigned int event_index = tbl_slot(cx.event.row.code)
    cdef const Plan *plan
    cdef const Entry *entry
    cdef uint32_t i, count
    cdef int outcome, decision = DECISION_NO_MATCH
    cdef bint is_sure, alerts = 0
    cdef uint32_t used = cx.memo.arena.used
    if event_index >= EV_SLOT_MAX:
        return DECISION_NO_MATCH
    prog_begin(program, cx)
    count = program.first_entry[event_index + 1] - program.first_entry[event_index]
    plan = program.plans[event_index]
    if plan is not NULL and plan.depends_on & waiting:
        plan = NULL
    if plan is not NULL:
        plan_mark(plan, program.checks, program.slots, cx)
    i = entry_next(cx, plan, 0, count)
    while i < count:
        entry = &program.entries[program.first_entry[event_index] + i]
        outcome = entry_partial_eval(program, cx, entry, waiting)
        if outcome == TRI_TRUE:
            # The awaited parts may make the match independent of the parts that stay unknown.
            is_sure = entry_is_sure(program, cx, entry, unknown)
            if not is_sure and entry.depends_on & waiting:
                decision = DECISION_WAIT
            elif not is_sure and cx.settings.skips_uncertain:
                decision = DECISION_EVALUATE  # the evaluation counts the match; later rules may still alert
            elif has_earlier or entry.shows & waiting:
                decision = DECISION_WAIT
            else:
                decision = DECISION_EVALUATE
                alerts = 1
        elif outcome != TRI_FALSE:
            decision = DECISION_WAIT
        if decision == DECISION_WAIT or (alerts and cx.settings.first_only):
            break
        i = entry_next(cx, plan, i + 1, count)
    while plan is not NULL and i < count:  # clear the remaining marks
        i = entry_next(cx, plan, i, count)
    cx.memo.arena.used = used  # the next evaluation discards the texts of this one
    return decision


# --- In ---------------------------------------------------------------------------------------------------------------

cdef int hold_offer(Hold *hold, const Program *program, EvalCx *cx, uint64_t now_ns) noexcept nogil:
    """Hold the current event of `cx` if it has to wait; return HOLD_*. Its process must have a container."""
    cdef Container *container = cx.event.proc.container
    cdef uint8_t depends_on = prog_depends_on(program, cx.event.hdr.type)
    cdef uint8_t waiting = container_waits(container, depends_on, now_ns) if container.table.wait_ns else <uint8_t>0
    cdef Held *item
    cdef uint64_t due_ns
    cdef int decision
    if not waiting and not container.held:
        return HOLD_NOT
    decision = hold_decision(program, cx, waiting, container_unknown(container, depends_on), container.held > 0)
    if decision != DECISION_WAIT:
        return HOLD_NO_MATCH if decision == DECISION_NO_MATCH else HOLD_NOT
    item = _new(hold, cx)
    if item is NULL:
        hold.stats.no_room += 1
        return HOLD_NOT
    hold.stats.held += 1
    item.order = hold.stats.held
    item.waiting = waiting
    if hold.first is NULL:
        hold.first = item
        hold.due_ns = NEVER
        hold.settled = container.table.settled
    else:
        hold.last.next = item
    hold.last = item
    hold.count += 1
    hold.stats.bytes += item.bytes
    hold.stats.peak = max(hold.stats.peak, hold.stats.bytes)
    container.held += 1
    container.held_bytes += item.bytes
    if waiting:
        due_ns = container_deadline_ns(container, waiting)
        hold.due_ns = min(hold.due_ns, due_ns)
    return HOLD_KEPT


# --- Out --------------------------------------------------------------------------------------------------------------

cdef bint hold_is_due(const Hold *hold, const State *state, uint64_t now_ns) noexcept nogil:
    """Return whether some held events may be ready."""
    return hold.first is not NULL and (now_ns >= hold.due_ns or state.containers.settled != hold.settled)


cdef void hold_begin(Hold *hold, const State *state) noexcept nogil:
    """Start a pass over all held events."""
    hold.at = &hold.first
    hold.round += 1
    hold.settled = state.containers.settled
    hold.due_ns = NEVER


cdef bint _is_waited(const Container *container, uint8_t parts) noexcept nogil:
    """Return whether a request for some of the parts is still pending."""
    cdef int i
    for i in range(TBL_NPARTS):
        if parts >> i & 1 and container.parts[i].status == PART_REQUESTED:
            return 1
    return 0


cdef Held *hold_next(Hold *hold, const Program *program, EvalCx *cx, uint64_t now_ns, bint all) noexcept nogil:
    """Set the next event that is ready as current, for evaluation before `hold_done`; return NULL after the last one.

    `all`: all held events are ready.
    """
    cdef Container *container
    cdef Held *item
    cdef uint64_t due_ns
    cdef uint8_t depends_on, waiting, unknown
    while hold.at[0] is not NULL:
        item = hold.at[0]
        container = item.container
        if container.held_round != hold.round:  # no earlier event of the container stays held
            depends_on = prog_depends_on(program, item.hdr.type)
            waiting = 0 if all else container_waits(container, depends_on, now_ns)
            if waiting != item.waiting or waiting == 0:
                _set_event(cx, item)
                unknown = container_unknown(container, depends_on)
                if waiting == 0 or hold_decision(program, cx, waiting, unknown, 0) != DECISION_WAIT:
                    cx.event.unknown_parts = unknown
                    hold.stats.overdue += _is_waited(container, depends_on & ~waiting)
                    return item
                item.waiting = waiting
            container.held_round = hold.round
            due_ns = container_deadline_ns(container, waiting)
            hold.due_ns = min(hold.due_ns, due_ns)
        hold.at = &item.next
    return NULL


cdef void hold_done(Hold *hold) noexcept nogil:
    """Remove the event that `hold_next` returned."""
    cdef Held *item = hold.at[0]
    hold.at[0] = item.next
    if item.next is NULL:  # the new last item is the one with `next`, its first member, at `at`
        hold.last = NULL if hold.at == &hold.first else <Held *>hold.at
    hold.count -= 1
    hold.stats.released += 1
    hold.stats.bytes -= item.bytes
    item.container.held -= 1
    item.container.held_bytes -= item.bytes
    _free(item)


cdef void hold_recheck_all(Hold *hold) noexcept nogil:
    """Check all held events again in the next pass, because the rules have changed."""
    cdef Held *item = hold.first
    while item is not NULL:
        item.waiting = RECHECK
        item = item.next
    hold.due_ns = 0


cdef uint64_t hold_passed(const Hold *hold) noexcept nogil:
    """Return the sequence number up to which all held events are evaluated."""
    return hold.first.order - 1 if hold.first is not NULL else hold.stats.held
