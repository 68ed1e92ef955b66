# SPDX-License-Identifier: Apache-2.0
"""Events that wait for what is to be known of their container.

A container acts as soon as it is there, and what is known of it comes later, from its engine.  An event is held if what
is not known yet could make a difference: to whether a rule matches, or to what its alert prints.  So is one that has an
alert while others of its container are held, so that alerts of a container come in order; those of others go on.

What is held is evaluated as it would have been: with a copy of its record, of its process and of every process that a
field may look at, as they were.  The names of users are those of the time when it is evaluated, which is what is waited
for.
"""

from libc.stdlib cimport free, malloc
from libc.string cimport memcpy

from tiercel._core.eval.partial_eval cimport OUTCOME_NO, OUTCOME_YES
from tiercel._core.eval.plan cimport Plan, plan_mark
from tiercel._core.eval.program cimport Entry, cx_turn, entry_decide, entry_is_sure, entry_next, prog_begin, prog_meta
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
    BYTES_MAX = 16 << 20        # of all that is held
    SHARE_MAX = BYTES_MAX // 4  # of one container
    LINE_MAX = 4096             # generations that are copied
    NUMBERS_MAX = 16            # processes that an event may name by their number
    ANEW = 0xff                 # Held.waiting: to be looked at again in any case

cdef uint64_t NEVER = <uint64_t>-1


# --- Copies -----------------------------------------------------------------------------------------------------------

cdef void _note(Proc **found, uint32_t *count, const EvalCx *cx, int64_t number) noexcept nogil:
    """Note the process with a number, if there is one."""
    cdef Proc *proc = NULL
    if 0 < number <= 0x7fff_ffff and count[0] < NUMBERS_MAX:
        proc = proc_current(cx.state, <uint32_t>number)
    if proc is not NULL:
        found[count[0]] = proc
        count[0] += 1


cdef uint32_t _numbered(EvalCx *cx, Proc **found) noexcept nogil:
    """The processes that fields find by numbers: leaders of session and groups, and those that a param names."""
    cdef uint32_t count = 0
    cdef uint8_t i
    _note(found, &count, cx, cx.proc.sid)
    _note(found, &count, cx, cx.proc.pgid)
    _note(found, &count, cx, cx.proc.vpgid)
    for i in range(cx.event.nparams):
        if cx.event.params[i].type == PT_PID and not param_absent(cx, &cx.event.params[i]):
            _note(found, &count, cx, <int64_t>param_number(cx, &cx.event.params[i]))
    return count


cdef void _copy(Proc *to, const Proc *proc) noexcept nogil:
    """Copy a process without its relations."""
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
    """A copy of the event that `cx` has turned to; NULL without room."""
    cdef Proc *found[NUMBERS_MAX]
    cdef uint32_t others = _numbered(cx, found)
    cdef uint32_t i, line = 0
    cdef const Proc *proc = cx.proc
    cdef Held *item
    cdef size_t bytes
    while proc is not NULL and line < LINE_MAX:
        line += 1
        proc = proc.parent
    bytes = sizeof(Held) + (line + others) * sizeof(Proc) + cx.hdr.len
    if hold.stats.bytes + bytes > BYTES_MAX or cx.proc.container.held_bytes + bytes > SHARE_MAX:
        return NULL
    item = <Held *>malloc(bytes)
    if item is NULL:
        return NULL
    item.next = NULL
    item.procs = <Proc *>(item + 1)
    item.hdr = <const ev_hdr *>(item.procs + line + others)
    memcpy(<void *>item.hdr, cx.hdr, cx.hdr.len)
    proc = cx.proc
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
    item.num = cx.num
    item.first_ns = cx.first_ns
    item.previous_ns = cx.previous_ns
    item.unix_offset_ns = cx.unix_offset_ns
    item.run_ns = cx.state.run_ns
    return item


cdef void _turn(EvalCx *cx, const Held *item) noexcept nogil:
    cx_turn(cx, item.hdr, item.procs)
    cx.held = item.procs + item.nline
    cx.nheld = item.nprocs - item.nline
    cx.num = item.num
    cx.first_ns = item.first_ns
    cx.previous_ns = item.previous_ns
    cx.unix_offset_ns = item.unix_offset_ns
    if item.hdr.type == EV_SWITCH:
        cx.state.run_ns = item.run_ns


# --- Whether to wait --------------------------------------------------------------------------------------------------

cdef int hold_verdict(
    const Program *program, EvalCx *cx, uint8_t waiting, uint8_t unknown, bint behind
) noexcept nogil:
    """Return what is to become of the event that `cx_begin` turned to (VERDICT_*).

    `waiting`: PART_* of its container that may become known.  `unknown`: these, and those that never will be.
    `behind`: others of its container wait, so that an alert of it would have to wait as well.  A plan is of use only if
    it looks up nothing that may become known itself.
    """
    cdef unsigned int slot = tbl_slot(cx.event.code)
    cdef const Plan *plan
    cdef const Entry *entry
    cdef uint32_t i, count
    cdef int outcome, verdict = VERDICT_NOTHING
    cdef bint is_sure, alerts = 0
    cdef uint32_t used = cx.arena.used
    if slot >= EV_SLOT_MAX:
        return VERDICT_NOTHING
    prog_begin(program, cx)
    count = program.first_entry[slot + 1] - program.first_entry[slot]
    plan = program.plans[slot]
    if plan is not NULL and plan.meta & waiting:
        plan = NULL
    if plan is not NULL:
        plan_mark(plan, program.checks, program.slots, cx)
    i = entry_next(cx, plan, 0, count)
    while i < count:
        entry = &program.entries[program.first_entry[slot] + i]
        outcome = entry_decide(program, cx, entry, waiting)
        if outcome == OUTCOME_YES:
            # What is waited for may make certain what hangs on the rest.
            is_sure = entry_is_sure(program, cx, entry, unknown)
            if not is_sure and entry.meta & waiting:
                verdict = VERDICT_LATER
            elif not is_sure and cx.skips_unsure:
                verdict = VERDICT_NOW  # to be counted; the rules behind it still may alert
            elif behind or entry.shows & waiting:
                verdict = VERDICT_LATER
            else:
                verdict = VERDICT_NOW
                alerts = 1
        elif outcome != OUTCOME_NO:
            verdict = VERDICT_LATER
        if verdict == VERDICT_LATER or (alerts and cx.first_only):
            break
        i = entry_next(cx, plan, i + 1, count)
    while plan is not NULL and i < count:  # what is marked behind that
        i = entry_next(cx, plan, i, count)
    cx.arena.used = used  # the next evaluation forgets what was derived in this one
    return verdict


# --- In ---------------------------------------------------------------------------------------------------------------

cdef int hold_offer(Hold *hold, const Program *program, EvalCx *cx, uint64_t now_ns) noexcept nogil:
    """Hold the event that `cx` has turned to if it has to wait; what became of it (HOLD_*). Its container is known."""
    cdef Container *container = cx.proc.container
    cdef uint8_t meta = prog_meta(program, cx.hdr.type)
    cdef uint8_t waiting = container_waits(container, meta, now_ns) if container.table.wait_ns else <uint8_t>0
    cdef Held *item
    cdef uint64_t due_ns
    cdef int verdict
    if not waiting and not container.held:
        return HOLD_NOT
    verdict = hold_verdict(program, cx, waiting, container_unknown(container, meta), container.held > 0)
    if verdict != VERDICT_LATER:
        return HOLD_NOTHING if verdict == VERDICT_NOTHING else HOLD_NOT
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
    """Whether some of the events may not have to wait any more."""
    return hold.first is not NULL and (now_ns >= hold.due_ns or state.containers.settled != hold.settled)


cdef void hold_begin(Hold *hold, const State *state) noexcept nogil:
    """Begin a look at all that is held."""
    hold.at = &hold.first
    hold.round += 1
    hold.settled = state.containers.settled
    hold.due_ns = NEVER


cdef bint _is_waited(const Container *container, uint8_t parts) noexcept nogil:
    """Whether some of the parts would come, if it was waited longer."""
    cdef int i
    for i in range(TBL_NPARTS):
        if parts >> i & 1 and container.parts[i].status == PART_REQUESTED:
            return 1
    return 0


cdef Held *hold_next(Hold *hold, const Program *program, EvalCx *cx, uint64_t now_ns, bint all) noexcept nogil:
    """Turn to the next event that waits no more, for evaluation before `hold_done`; NULL behind the last one.

    `all`: none of them waits any more.
    """
    cdef Container *container
    cdef Held *item
    cdef uint64_t due_ns
    cdef uint8_t meta, waiting, unknown
    while hold.at[0] is not NULL:
        item = hold.at[0]
        container = item.container
        if container.held_round != hold.round:  # no event before it is held further
            meta = prog_meta(program, item.hdr.type)
            waiting = 0 if all else container_waits(container, meta, now_ns)
            if waiting != item.waiting or waiting == 0:
                _turn(cx, item)
                unknown = container_unknown(container, meta)
                if waiting == 0 or hold_verdict(program, cx, waiting, unknown, 0) != VERDICT_LATER:
                    cx.unknown = unknown
                    hold.stats.overdue += _is_waited(container, meta & ~waiting)
                    return item
                item.waiting = waiting
            container.held_round = hold.round
            due_ns = container_deadline_ns(container, waiting)
            hold.due_ns = min(hold.due_ns, due_ns)
        hold.at = &item.next
    return NULL


cdef void hold_done(Hold *hold) noexcept nogil:
    """Forget the event that `hold_next` returned."""
    cdef Held *item = hold.at[0]
    hold.at[0] = item.next
    if item.next is NULL:  # then the last one is the one whose `next`, its first member, led here
        hold.last = NULL if hold.at == &hold.first else <Held *>hold.at
    hold.count -= 1
    hold.stats.released += 1
    hold.stats.bytes -= item.bytes
    item.container.held -= 1
    item.container.held_bytes -= item.bytes
    _free(item)


cdef void hold_anew(Hold *hold) noexcept nogil:
    """Have everything looked at again, as there are other rules."""
    cdef Held *item = hold.first
    while item is not NULL:
        item.waiting = ANEW
        item = item.next
    hold.due_ns = 0


cdef uint64_t hold_passed(const Hold *hold) noexcept nogil:
    """Up to which place in the order all events were evaluated."""
    return hold.first.order - 1 if hold.first is not NULL else hold.stats.held
