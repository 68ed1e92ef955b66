# SPDX-License-Identifier: Apache-2.0
"""Ring buffer of capture blocks, between the drain thread and the writer of a capture."""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from tiercel._core.eval.program cimport Program
from tiercel._core.eval.program_build cimport RuleProgram
from tiercel._core.state.process cimport Proc, State
from tiercel._core.util.posix cimport pthread_cond_t, pthread_mutex_t
from tiercel._core.values.value cimport EvalCx
from tiercel._core.wire.events_gen cimport ev_hdr


cdef enum:
    CAPTURE_RINGS_MAX = 8

# State of the capture, which decides about the blocks of a ring.
cdef enum:
    CAPTURE_IDLE = 0        # history: blocks are kept for `span_ns`
    CAPTURE_RUNNING = 1     # blocks are written
    CAPTURE_ENDED = 2       # blocks before `end` are still to be written

cdef struct CaptureRingStats:
    uint64_t events         # recorded events, including state-only events
    uint64_t state_only     # events that only update a reader's tables
    uint64_t bytes
    uint64_t lost           # events dropped because the ring was full
    uint64_t unfit          # events too big for a block
    uint64_t evicted        # blocks of a history, evicted before `span_ns` to make room

# Ring buffer of whole blocks. Positions are byte offsets from the start, and only grow.
cdef struct BlockRing:
    pthread_mutex_t lock
    pthread_cond_t more
    uint8_t *bytes
    uint64_t size
    uint64_t head           # end of the newest block
    uint64_t tail           # start of the oldest block
    uint64_t read           # start of the next block to take
    uint64_t newest         # start of the newest block
    int state               # CAPTURE_*
    bint closing
    # For the drain thread only.
    uint8_t *block          # SCAP_EVENT_MAX bytes
    const Program *program  # selects the events to write; NULL: all
    EvalCx cx
    # Histories.
    bint is_history
    bint all_rules          # every match starts a capture
    uint64_t span_ns        # age limit of blocks
    uint64_t default_ns     # duration of a capture after a match of a rule without its own duration
    uint64_t deadline_ns
    uint64_t end
    uint64_t match_ns       # time, number and block of the event that started the capture
    uint64_t match_num
    uint64_t match_at
    CaptureRingStats stats

# The rings that a drain thread records to; changed under the state lock.
cdef struct CaptureRings:
    BlockRing *ring[CAPTURE_RINGS_MAX]
    int count

cdef int capture_rings_add(CaptureRings *rings, BlockRing *ring) noexcept nogil
cdef void capture_rings_remove(CaptureRings *rings, BlockRing *ring) noexcept nogil
cdef void capture_rings_record(
    CaptureRings *rings, const ev_hdr *hdr, Proc *proc, uint64_t num, int64_t unix_offset_ns, bint shown
) noexcept nogil
cdef void capture_rings_match(
    CaptureRings *rings, uint64_t ts_ns, uint64_t now_ns, uint64_t num, uint64_t capture
) noexcept nogil


cdef class CaptureRing:
    cdef BlockRing ring
    cdef State *state
    cdef object table
    cdef RuleProgram program
