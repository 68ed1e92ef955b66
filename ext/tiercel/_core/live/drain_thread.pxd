# SPDX-License-Identifier: Apache-2.0
"""The drain thread: scheduling and requests.  No Python."""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from tiercel._core.alerts.buffer cimport AlertBuffer
from tiercel._core.alerts.queue cimport Queue
from tiercel._core.eval.program cimport Program
from tiercel._core.live.capture_ring cimport CaptureRings
from tiercel._core.live.container_events cimport ContainerEventQueue
from tiercel._core.live.hold_queue cimport Hold
from tiercel._core.probe.cgroup_map cimport CgroupMap
from tiercel._core.probe.ring_consumer cimport RING_MAX, Rings
from tiercel._core.state.process cimport State
from tiercel._core.util.posix cimport pthread_cond_t, pthread_mutex_t, pthread_t
from tiercel._core.util.slice cimport Slice
from tiercel._core.values.value cimport EvalCounters, EvalCx, counters_add
from tiercel._core.wire.events_gen cimport EV_SLOT_MAX

# One generation of rules with its evaluation context and counters.
cdef struct RuleGeneration:
    const Program *program
    EvalCx cx
    uint32_t generation
    uint64_t *matches       # by rule
    uint64_t *captures      # by rule: its capture setting, see capture_ring.pyx

# Written by the drain thread only; other threads read it meanwhile.
cdef struct DrainStats:
    uint64_t events         # complete records, including internal ones
    uint64_t malformed
    uint64_t alerts         # matches offered to the queue
    uint64_t oversized      # matches lost because the packed alert did not fit
    uint64_t overflows      # derived texts that did not fit the arena; their fields were missing
    EvalCounters evaluation
    uint64_t container_events  # evaluated ones
    uint64_t polls          # polls of the rings
    uint64_t lag_ns         # age of the newest record of the last batch after its evaluation
    uint64_t lag_max_ns
    uint64_t cpu_ns         # processor time of the thread, including earlier threads
    uint64_t by_slot[EV_SLOT_MAX]

cdef struct Drain:
    Rings rings
    State *state
    Queue *queue
    RuleGeneration *rules
    RuleGeneration *own_rules   # rules of the sensor about itself; NULL for none
    bint alerts_are_own         # the packed alerts are matches of these
    DrainStats stats
    int64_t unix_offset_ns      # Unix time minus CLOCK_BOOTTIME
    uint64_t offset_due_ns      # next update of that offset
    uint64_t quiet_ns           # time of the last batch with records, by the clock of the thread
    uint64_t reap_due_ns        # next removal of ended processes while no records arrive
    CgroupMap cgroup_map        # classes of control groups in the kernel map
    CaptureRings capture_rings  # recordings of events
    AlertBuffer alerts          # alerts of the current event
    Hold hold                   # events that wait for container metadata
    ContainerEventQueue container_events
    bint pushed                 # the queue has alerts without a notification of its readers
    int epoll_fd
    int kick_fd
    uint64_t now_ns             # last reading of the clock
    uint32_t idle               # consecutive polls without records
    uint64_t cpu_before_ns      # processor time of earlier threads
    EvalCounters evaluation_before  # of earlier generations
    uint64_t overflows_before
    uint64_t num                # evt.num of the last event
    uint64_t first_ns       # time of the first and of the latest event
    uint64_t latest_ns
    pthread_t thread
    bint running                # the thread exists
    # Requests and replies, under the lock.
    pthread_mutex_t lock
    pthread_cond_t replied
    bint stopping
    bint emptying               # evaluate all remaining records before the thread ends
    RuleGeneration *next_rules  # rules to activate; NULL for none
    uint64_t flush_requested
    uint64_t flush_done
    # The flush in progress.
    uint64_t flush_taken
    uint64_t flush_target[RING_MAX]
    uint64_t flush_order        # order of the next held event when the rings reached the targets; 0: not yet


cdef void drain_counters(Drain *drain, DrainStats *stats) noexcept nogil
cdef Drain *drain_new() noexcept nogil
cdef void drain_free(Drain *drain) noexcept nogil
cdef int drain_add_ring(Drain *drain, int fd, uint64_t size) noexcept nogil
cdef int drain_start(Drain *drain) noexcept nogil
cdef void drain_stop(Drain *drain, bint emptying) noexcept nogil
cdef int drain_add_container_event(Drain *drain, Slice id, Slice json) noexcept nogil
cdef void drain_use(Drain *drain, RuleGeneration *rules) noexcept nogil
cdef void drain_swap(Drain *drain, RuleGeneration *rules) noexcept nogil
cdef uint64_t drain_request_flush(Drain *drain) noexcept nogil
cdef bint drain_wait_flush(Drain *drain, uint64_t ticket, int timeout_ms) noexcept nogil
cdef bint drain_wait_swap(Drain *drain, int timeout_ms) noexcept nogil
