# SPDX-License-Identifier: Apache-2.0
"""Events that wait for what is to be known of their container."""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from tiercel._core.eval.program cimport Program
from tiercel._core.state.container cimport Container
from tiercel._core.state.process cimport Proc, State
from tiercel._core.values.value cimport EvalCx
from tiercel._core.wire.events_gen cimport ev_hdr

# An event and everything that its evaluation asks for, in one block: this, the processes, the record.
cdef struct Held:
    Held *next
    Container *container
    const ev_hdr *hdr
    Proc *procs             # copies: its process and the ancestors; then those that its fields find by their number
    uint32_t nline          # of the first kind
    uint32_t nprocs         # in all
    uint64_t order          # of being held, from 1
    uint64_t num            # as in EvalCx
    uint64_t first_ns
    uint64_t previous_ns
    int64_t unix_offset_ns
    uint64_t run_ns         # as in State
    uint32_t bytes
    uint8_t waiting         # PART_* that were waited for when it was last looked at

# Only grow, but for the last two.
cdef struct HoldStats:
    uint64_t held
    uint64_t released
    uint64_t overdue        # released as the time was over, or the sensor stopped
    uint64_t no_room        # not held, though they should have been
    uint64_t bytes          # of what is held now
    uint64_t peak

# What is held, in the order of events. For the drain thread alone; containers and processes are under state.lock.
cdef struct Hold:
    Held *first
    Held *last
    Held **at               # where the look at all of them is
    uint64_t round          # number of that look
    uint64_t settled        # containers.settled as of that look
    uint64_t due_ns         # when the first of them has waited long enough
    uint64_t count
    HoldStats stats

# What is to become of an event while something is not known of its container.
cdef enum:
    VERDICT_NOTHING = 0     # no rule matches it, whatever the unknown is
    VERDICT_NOW = 1         # the unknown makes no difference
    VERDICT_LATER = 2       # it may make one

# What became of an event that was offered.
cdef enum:
    HOLD_NOT = 0            # it is to be evaluated now
    HOLD_KEPT = 1
    HOLD_NOTHING = 2        # no rule matches it

cdef int hold_verdict(
    const Program *program, EvalCx *cx, uint8_t waiting, uint8_t unknown, bint behind
) noexcept nogil
cdef int hold_offer(Hold *hold, const Program *program, EvalCx *cx, uint64_t now_ns) noexcept nogil
cdef bint hold_is_due(const Hold *hold, const State *state, uint64_t now_ns) noexcept nogil
cdef void hold_begin(Hold *hold, const State *state) noexcept nogil
cdef Held *hold_next(Hold *hold, const Program *program, EvalCx *cx, uint64_t now_ns, bint all) noexcept nogil
cdef void hold_done(Hold *hold) noexcept nogil
cdef void hold_anew(Hold *hold) noexcept nogil
cdef uint64_t hold_passed(const Hold *hold) noexcept nogil
