# SPDX-License-Identifier: Apache-2.0
"""The drain thread: from the rings through state and rules to the alert queue.  No Python."""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from tiercel._core.alerts.pending cimport Pending
from tiercel._core.alerts.queue cimport Queue
from tiercel._core.eval.program cimport Program
from tiercel._core.live.capture_ring cimport Tapes
from tiercel._core.live.container_events cimport Tellings
from tiercel._core.live.hold_queue cimport Hold
from tiercel._core.probe.cgroup_map cimport CgroupMap
from tiercel._core.probe.ring_consumer cimport RING_MAX, Rings
from tiercel._core.state.process cimport State
from tiercel._core.util.posix cimport pthread_cond_t, pthread_mutex_t, pthread_t
from tiercel._core.util.slice cimport Slice
from tiercel._core.values.value cimport EvalCx
from tiercel._core.wire.events_gen cimport EV_SLOT_MAX

# The rules of one generation, and what was counted for them.
cdef struct Ruleset:
    const Program *program
    EvalCx cx
    uint32_t generation
    uint64_t *matches       # by rule
    uint64_t *captures      # by rule: what it says about captures, see recorder.pyx

# Written by the drain thread alone; others read while it runs.
cdef struct DrainStats:
    uint64_t events         # whole records, internal ones included
    uint64_t malformed
    uint64_t alerts         # matches that were offered to the queue
    uint64_t oversized      # matches that there was no room to serialise
    uint64_t cut            # alerts with shortened values
    uint64_t overflows      # derived texts that there was no room for: fields that were missing
    uint64_t unsure         # alerts that hang on what is not known of a container
    uint64_t skipped        # the same where they do not count
    uint64_t told           # containers that an event told of
    uint64_t untold         # alerts that lack what is not known of a container
    uint64_t polls          # times that the rings were looked at
    uint64_t lag_ns         # age of the newest record of the last batch when it was evaluated
    uint64_t lag_max_ns
    uint64_t cpu_ns         # processor time of the thread, those before it included
    uint64_t by_slot[EV_SLOT_MAX]

cdef struct Drain:
    Rings rings
    State *state
    Queue *queue
    Ruleset *rules
    DrainStats stats
    int64_t unix_offset_ns      # Unix time minus CLOCK_BOOTTIME
    uint64_t offset_due_ns      # when to measure that again
    uint64_t quiet_ns           # when there was a record last, by the clock of the thread
    uint64_t reap_due_ns        # when to look for processes to forget, while there are none
    CgroupMap cgroup_map        # classes of control groups that the kernel has
    Tapes tapes                 # where events go besides
    Pending pending             # alerts of the current event
    Hold hold                   # events that wait for what is to be known of their container
    Tellings tellings           # events that tell of containers
    bint pushed                 # the queue holds alerts that its readers were not told of
    int epoll_fd
    int kick_fd
    uint64_t now_ns             # as of the last look at the clock
    uint32_t idle               # polls in a row that found nothing
    uint64_t cpu_before_ns      # processor time of earlier threads
    uint64_t cut_before         # of earlier generations
    uint64_t overflows_before
    uint64_t unsure_before
    uint64_t skipped_before
    uint64_t untold_before
    uint64_t num                # evt.num of the last event
    uint64_t first_ns       # of the first event, and of the latest
    uint64_t latest_ns
    pthread_t thread
    bint running                # there is a thread
    # Requests and answers, under the lock.
    pthread_mutex_t lock
    pthread_cond_t answered
    bint stopping
    bint emptying               # what is in the rings is evaluated before the thread ends
    Ruleset *next_rules         # to be put in use; NULL for none
    uint64_t flush_asked
    uint64_t flush_done
    # The flush that the drain thread works on.
    uint64_t flush_taken
    uint64_t flush_target[RING_MAX]
    uint64_t flush_order        # one past the last event that was held when the rings were there; 0 not yet


cdef void drain_counters(Drain *drain, DrainStats *stats) noexcept nogil
cdef Drain *drain_new() noexcept nogil
cdef void drain_free(Drain *drain) noexcept nogil
cdef int drain_add_ring(Drain *drain, int fd, uint64_t size) noexcept nogil
cdef int drain_start(Drain *drain) noexcept nogil
cdef void drain_stop(Drain *drain, bint emptying) noexcept nogil
cdef int drain_tell(Drain *drain, Slice id, Slice json) noexcept nogil
cdef void drain_use(Drain *drain, Ruleset *rules) noexcept nogil
cdef void drain_swap(Drain *drain, Ruleset *rules) noexcept nogil
cdef uint64_t drain_ask_flush(Drain *drain) noexcept nogil
cdef bint drain_wait_flush(Drain *drain, uint64_t ticket, int timeout_ms) noexcept nogil
cdef bint drain_wait_swap(Drain *drain, int timeout_ms) noexcept nogil
