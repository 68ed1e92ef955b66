# SPDX-License-Identifier: Apache-2.0
"""Events on their way into captures: the drain thread puts blocks on a tape, a writer takes them off."""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from tiercel._core.eval.program cimport Program, RuleProgram
from tiercel._core.state.process cimport Proc, State
from tiercel._core.util.posix cimport pthread_cond_t, pthread_mutex_t
from tiercel._core.values.value cimport EvalCx
from tiercel._core.wire.events_gen cimport ev_hdr


cdef enum:
    TAPES_MAX = 8

# What becomes of the blocks of a tape.
cdef enum:
    TAPE_IDLE = 0           # a history: blocks are kept for a while
    TAPE_RUNNING = 1        # they are written
    TAPE_ENDED = 2          # those before `end` are still to be written

cdef struct TapeStats:
    uint64_t events         # put on the tape, those for the tables alone included
    uint64_t state_only     # of these, for the tables alone
    uint64_t bytes
    uint64_t lost           # events for which there was no room
    uint64_t unfit          # events that no block can hold
    uint64_t evicted        # of a history, given up before their time for want of room

# A ring of whole blocks. Positions count bytes from the beginning, and only grow.
cdef struct Tape:
    pthread_mutex_t lock
    pthread_cond_t more
    uint8_t *bytes
    uint64_t size
    uint64_t head           # behind the newest block
    uint64_t tail           # of the oldest block
    uint64_t read           # of the next block to take
    uint64_t newest         # of the newest block
    int state               # TAPE_*
    bint closing
    # For the drain thread alone.
    uint8_t *block          # SCAP_EVENT_MAX bytes
    const Program *program  # events that it matches are written; NULL: all
    EvalCx cx
    # Histories.
    bint is_history
    bint all_rules          # every match starts a capture
    uint64_t span_ns        # how long blocks are kept
    uint64_t default_ns     # how long a capture goes on after a match that does not say
    uint64_t deadline_ns
    uint64_t end
    uint64_t match_ns       # time, number and block of the event that started the capture
    uint64_t match_num
    uint64_t match_at
    TapeStats stats

# Where the events of a drain go besides; changed under the state lock.
cdef struct Tapes:
    Tape *tape[TAPES_MAX]
    int count

cdef int tapes_add(Tapes *tapes, Tape *tape) noexcept nogil
cdef void tapes_remove(Tapes *tapes, Tape *tape) noexcept nogil
cdef void tapes_record(
    Tapes *tapes, const ev_hdr *hdr, Proc *proc, uint64_t num, int64_t unix_offset_ns, bint shown
) noexcept nogil
cdef void tapes_match(
    Tapes *tapes, uint64_t ts_ns, uint64_t now_ns, uint64_t num, uint64_t capture
) noexcept nogil


cdef class Recorder:
    cdef Tape tape
    cdef State *state
    cdef object table
    cdef RuleProgram program
