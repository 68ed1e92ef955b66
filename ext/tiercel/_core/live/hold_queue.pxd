# SPDX-License-Identifier: Apache-2.0
"""Queue of events that wait for container metadata."""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from tiercel._core.eval.program cimport Program
from tiercel._core.state.container cimport Container
from tiercel._core.state.process cimport Proc, State
from tiercel._core.values.value cimport EvalCx
from tiercel._core.wire.events_gen cimport ev_hdr

# A held event with copies of all data for its evaluation, in one block: this struct, the processes, the record.
cdef struct Held:
    Held *next
    Container *container
    const ev_hdr *hdr
    Proc *procs             # copies: its process and the ancestors, then processes that its fields find by number
    uint32_t nline          # process and ancestors
    uint32_t nprocs         # all copies
    uint64_t order          # sequence number in the queue, from 1
    uint64_t num            # as in EvalCx
    uint64_t first_ns
    uint64_t previous_ns
    int64_t unix_offset_ns
    uint64_t run_ns         # as in State
    uint32_t bytes
    uint8_t waiting         # PART_* that were pending at the last check

# Counters, except for the last two.
cdef struct HoldStats:
    uint64_t held
    uint64_t released
    uint64_t overdue        # released by timeout or because the sensor stopped
    uint64_t no_room        # not held because the queue was full
    uint64_t bytes          # memory of the held events
    uint64_t peak

# Held events in order. For the drain thread only; containers and processes are under state.lock.
cdef struct Hold:
    Held *first
    Held *last
    Held **at               # position of the current pass
    uint64_t round          # number of that pass
    uint64_t settled        # containers.settled at that pass
    uint64_t due_ns         # earliest deadline of the held events
    uint64_t count
    HoldStats stats

# Decision about an event while metadata of its container is missing.
cdef enum:
    DECISION_NO_MATCH = 0   # no rule can match it
    DECISION_EVALUATE = 1   # the missing metadata makes no difference
    DECISION_WAIT = 2       # the missing metadata may make a difference

# Result of `hold_offer`.
cdef enum:
    HOLD_NOT = 0            # evaluate it now
    HOLD_KEPT = 1
    HOLD_NO_MATCH = 2       # no rule can match it

cdef int hold_decision(
    const Program *program, EvalCx *cx, uint8_t waiting, uint8_t unknown, bint has_earlier
) noexcept nogil
cdef int hold_offer(Hold *hold, const Program *program, EvalCx *cx, uint64_t now_ns) noexcept nogil
cdef bint hold_is_due(const Hold *hold, const State *state, uint64_t now_ns) noexcept nogil
cdef void hold_begin(Hold *hold, const State *state) noexcept nogil
cdef Held *hold_next(Hold *hold, const Program *program, EvalCx *cx, uint64_t now_ns, bint all) noexcept nogil
cdef void hold_done(Hold *hold) noexcept nogil
cdef void hold_recheck_all(Hold *hold) noexcept nogil
cdef uint64_t hold_passed(const Hold *hold) noexcept nogil
