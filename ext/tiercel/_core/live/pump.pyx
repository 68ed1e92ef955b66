# SPDX-License-Identifier: Apache-2.0
"""Python interface of the drain thread: start, stop, flush, rule swap, counters."""

cimport cython
from cpython.exc cimport PyErr_CheckSignals
from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset
from posix.unistd cimport close

from tiercel._core.alerts.queue cimport AlertQueue
from tiercel._core.eval.program cimport cx_attach, cx_free, cx_init
from tiercel._core.eval.program_build cimport RuleProgram
from tiercel._core.live.capture_ring cimport CaptureRing, capture_rings_add, capture_rings_remove
from tiercel._core.live.drain_thread cimport (
    Drain,
    DrainStats,
    RuleGeneration,
    drain_add_ring,
    drain_request_flush,
    drain_counters,
    drain_free,
    drain_new,
    drain_start,
    drain_stop,
    drain_swap,
    drain_add_container_event,
    drain_use,
    drain_wait_flush,
    drain_wait_swap,
)
from tiercel._core.probe.ring_consumer cimport ring_produced, rings_close
from tiercel._core.sources.live cimport LIVE_OPS
from tiercel._core.state.container_table cimport to_bytes, as_slice
from tiercel._core.state.process_events cimport state_lock, state_unlock
from tiercel._core.state.process_table cimport ProcessTable
from tiercel._core.util.clock cimport clock_ms
from tiercel._core.util.errno_table cimport kernel_error
from tiercel._core.util.slice cimport Slice
from tiercel._core.values.value cimport PATHS_REQUESTED
from tiercel._core.wire.events_gen cimport EV_SLOT_MAX, TBL_EVENTS

from tiercel.errors import SensorError

cdef enum:
    SIGNAL_SLICE_MS = 100   # maximum delay of signals in a waiting call
    SWAP_WAIT_MS = 1000     # maximum time that a swap waits for the thread
    OWN_GENERATION = 0      # tag of alerts of the sensor's own rules; the user's rules begin with 1


@cython.final
cdef class RuleGenerationOwner:
    """Owner of a RuleGeneration: the program, its evaluation context, and the matches by rule."""
    cdef RuleGeneration rules
    cdef RuleProgram program

    def __cinit__(
        self, RuleProgram program, ProcessTable table, uint32_t generation, bint first_only, captures,
        bint skips_uncertain,
    ):
        cdef RuleGeneration *rules = &self.rules
        memset(rules, 0, sizeof(RuleGeneration))
        self.program = program
        rules.program = &program.program
        rules.generation = generation
        rules.matches = <uint64_t *>calloc(program.program.nrules + 1, sizeof(uint64_t))
        rules.captures = <uint64_t *>calloc(program.program.nrules + 1, sizeof(uint64_t))
        if rules.captures is NULL or rules.matches is NULL:
            raise MemoryError
        if cx_init(&rules.cx, table.state, &LIVE_OPS) or cx_attach(&rules.cx, rules.program):
            raise MemoryError
        rules.cx.settings.paths = program.program.paths
        rules.cx.settings.strict = rules.cx.settings.paths == PATHS_REQUESTED
        rules.cx.settings.first_only = first_only
        rules.cx.settings.skips_uncertain = skips_uncertain
        for i, (starts, lasts_ms) in enumerate(captures[:program.program.nrules]):
            rules.captures[i] = <uint64_t>lasts_ms << 1 | <bint>starts

    def __dealloc__(self):
        cx_free(&self.rules.cx)
        free(self.rules.matches)
        free(self.rules.captures)

    cdef list counts(self):
        return [self.rules.matches[i] for i in range(self.program.program.nrules)]


@cython.final
cdef class DrainThread:
    cdef Drain *drain
    cdef AlertQueue queue
    cdef ProcessTable table
    cdef RuleGenerationOwner rules  # the newest generation
    cdef RuleGenerationOwner own_rules  # rules of the sensor about itself, or None
    cdef list capture_rings
    cdef list older             # generations that the thread may still use
    cdef dict retired           # matches by rule of retired generations, by generation
    cdef bint first_only
    cdef bint skips_uncertain
    cdef bint forked

    def __cinit__(
        self,
        rings,
        RuleProgram program not None,
        ProcessTable table not None,
        AlertQueue queue not None,
        *,
        first_only=True,
        cgroup_map_fd=-1,
        only_containers=False,
        captures=(),
        skips_uncertain=False,
        RuleProgram own_rules=None,
    ):
        cdef int err
        self.older = []
        self.capture_rings = []
        self.retired = {}
        self.first_only = first_only
        self.skips_uncertain = skips_uncertain
        self.table = table
        self.queue = queue
        self.rules = RuleGenerationOwner(program, table, 1, first_only, captures, skips_uncertain)
        self.drain = drain_new()
        if self.drain is NULL:
            raise MemoryError("no memory or file descriptor for the drain thread")
        self.drain.state = table.state
        self.drain.queue = queue.queue
        drain_use(self.drain, &self.rules.rules)
        if own_rules is not None:
            self.own_rules = RuleGenerationOwner(own_rules, table, OWN_GENERATION, True, (), False)
            self.drain.own_rules = &self.own_rules.rules
        self.drain.cgroup_map.fd = cgroup_map_fd
        self.drain.cgroup_map.only_containers = only_containers
        for fd, size in rings:
            err = drain_add_ring(self.drain, fd, size)
            if err:
                raise kernel_error("ring", -err, f"ring of {size} bytes")

    def __dealloc__(self):
        if self.drain is not NULL and self.drain.running and not self.forked:
            with nogil:
                drain_stop(self.drain, 0)
        drain_free(self.drain)

    cdef check(self):
        if self.forked:
            raise SensorError("E605", "the sensor is the parent process's", hint="open a sensor after the fork")

    @property
    def running(self):
        return bool(self.drain.running) and not self.forked

    @property
    def generation(self):
        return self.rules.rules.generation

    def start(self):
        cdef int err
        self.check()
        if self.drain.running:
            raise SensorError("E605", "the sensor is running already")
        err = drain_start(self.drain)
        if err:
            raise kernel_error("thread", err, "drain thread")

    def stop(self, *, bint empty=False):
        self.check()
        if self.drain.running:
            with nogil:
                drain_stop(self.drain, empty)
            self.retire()

    def flush(self, timeout=None):
        cdef uint64_t ticket
        cdef int64_t until = -1 if timeout is None else clock_ms() + <int64_t>(timeout * 1000)
        cdef int64_t left = SIGNAL_SLICE_MS
        cdef bint done = False
        self.check()
        if not self.drain.running:
            raise SensorError("E605", "the sensor is not running")
        ticket = drain_request_flush(self.drain)
        while not done:
            if until >= 0:
                left = until - clock_ms()
                if left <= 0:
                    break
                left = min(left, SIGNAL_SLICE_MS)
            with nogil:
                done = drain_wait_flush(self.drain, ticket, <int>left)
            PyErr_CheckSignals()
            self.check()
        return bool(done)

    def swap(self, RuleProgram program not None, captures=()):
        cdef RuleGenerationOwner fresh
        cdef int64_t until = clock_ms() + SWAP_WAIT_MS
        cdef bint done = False
        self.check()
        fresh = RuleGenerationOwner(
            program, self.table, self.rules.rules.generation + 1, self.first_only, captures, self.skips_uncertain
        )
        self.older.append(self.rules)
        self.rules = fresh
        if not self.drain.running:
            self.drain.next_rules = NULL
            drain_use(self.drain, &fresh.rules)
            self.retire()
            return self.generation
        drain_swap(self.drain, &fresh.rules)
        while not done and not self.queue.queue.waiting and clock_ms() < until:
            with nogil:
                done = drain_wait_swap(self.drain, SIGNAL_SLICE_MS)
        self.retire()
        return self.generation

    def add_container_event(self, container_id, bytes json not None):
        cdef bytes name = to_bytes(container_id)
        cdef Slice id = as_slice(name)
        cdef Slice text = as_slice(json)
        cdef int queued = 0
        if not self.forked:
            with nogil:
                queued = drain_add_container_event(self.drain, id, text)
        return queued > 0

    def record(self, CaptureRing ring not None):
        cdef int err
        self.check()
        with nogil:
            state_lock(self.drain.state)
            err = capture_rings_add(&self.drain.capture_rings, &ring.ring)
            state_unlock(self.drain.state)
        if err:
            raise SensorError("E605", f"{len(self.capture_rings)} recordings run already")
        self.capture_rings.append(ring)

    def unrecord(self, CaptureRing ring not None):
        self.check()
        with nogil:
            state_lock(self.drain.state)
            capture_rings_remove(&self.drain.capture_rings, &ring.ring)
            state_unlock(self.drain.state)
        if ring in self.capture_rings:
            self.capture_rings.remove(ring)

    cdef retire(self):
        """Free the older generations once the thread uses the newest one or is stopped."""
        cdef RuleGenerationOwner old
        if self.drain.rules is not &self.rules.rules:
            if self.drain.running:
                return
            drain_use(self.drain, &self.rules.rules)
            self.drain.next_rules = NULL
        for old in self.older:
            self.retired[old.rules.generation] = old.counts()
        self.older.clear()

    def settled(self):
        self.check()
        self.retire()
        return list(self.retired)

    def forget(self, generation):
        self.check()
        return self.retired.pop(generation)

    def stats_snapshot(self):
        cdef Drain *drain = self.drain
        cdef DrainStats stats
        cdef RuleGenerationOwner rules
        cdef int i
        self.check()
        drain_counters(drain, &stats)
        self.retire()
        matches = dict(self.retired)
        for rules in (*self.older, self.rules):
            matches[rules.rules.generation] = rules.counts()
        types = range(<int>EV_SLOT_MAX)
        rings = range(drain.rings.count)
        return {
            "events": stats.events,
            "by_type": {TBL_EVENTS[i].name.decode(): stats.by_slot[i] for i in types if stats.by_slot[i]},
            "malformed": stats.malformed + sum([drain.rings.ring[i].corrupt for i in rings]),
            "alerts": stats.alerts,
            "oversized": stats.oversized,
            "alerts_cut": stats.evaluation.alerts_cut,
            "overflows": stats.overflows,
            "matches": matches,
            "holding": drain.hold.count,
            "holding_bytes": drain.hold.stats.bytes,
            "holding_peak": drain.hold.stats.peak,
            "held": drain.hold.stats.held,
            "released": drain.hold.stats.released,
            "overdue": drain.hold.stats.overdue,
            "hold_no_room": drain.hold.stats.no_room,
            "uncertain_matches": stats.evaluation.uncertain_matches,
            "suppressed_matches": stats.evaluation.suppressed_matches,
            "alerts_missing_metadata": stats.evaluation.alerts_missing_metadata,
            "container_events": stats.container_events,
            "container_events_lost": drain.container_events.lost,
            "out_of_order": drain.rings.out_of_order,
            "hurries": drain.rings.hurries,
            "ring_fill": [ring_produced(&drain.rings.ring[i]) - drain.rings.ring[i].pos for i in rings],
            "ring_peak": [drain.rings.ring[i].peak for i in rings],
            "ring_size": [drain.rings.ring[i].size for i in rings],
            "polls": stats.polls,
            "lag_ns": stats.lag_ns,
            "lag_max_ns": stats.lag_max_ns,
            "cpu_ns": stats.cpu_ns,
        }

    def after_fork_child(self):
        if not self.forked:
            self.forked = True
            rings_close(&self.drain.rings)
            close(self.drain.epoll_fd)
            close(self.drain.kick_fd)
            self.drain.epoll_fd = self.drain.kick_fd = -1
