# SPDX-License-Identifier: Apache-2.0
"""Evaluation of a capture. No Python per event.

The replay converts each event to its current form, applies it to the tables of threads and descriptors as Falco does,
and builds the record that the probe would have written. It evaluates the record like a live one. It builds the record
only if a rule may match events of its type.
"""

from cpython.exc cimport PyErr_CheckSignals
from cpython.ref cimport PyObject
from libc.stdlib cimport calloc, free

from tiercel._core.alerts.buffer cimport alert_buffer_free, alert_buffer_keep
from tiercel._core.alerts.unpack cimport alerts_unpack, decode_event
from tiercel._core.api.evaluator cimport trace_rule
from tiercel._core.eval.program cimport cx_attach, cx_free, cx_init, cx_set_event_again, prog_eval, prog_wants
from tiercel._core.replay.container_events cimport described_forget, described_hear, described_json
from tiercel._core.replay.event_dispatch cimport (
    thread_table_apply,
    thread_table_begin,
    thread_table_end,
    thread_table_is_hidden,
    thread_table_open,
)
from tiercel._core.replay.initial_tables cimport (
    thread_table_add,
    thread_table_add_group,
    thread_table_add_interface,
    thread_table_add_machine,
    thread_table_add_user,
)
from tiercel._core.replay.record_builder cimport params_check, record_make, record_builder_free, record_builder_init
from tiercel._core.replay.socket_events cimport fds_add_initial
from tiercel._core.replay.thread_table cimport (
    THREADS_MAX,
    ReplayThread,
    ThreadTableStats,
    rthread_main,
    thread_table_free,
    thread_table_new,
)
from tiercel._core.scap.errors cimport capture_error
from tiercel._core.scap.event_converter cimport converter_free, converter_init, converter_next
from tiercel._core.scap.reader cimport (
    SCAP_AGAIN,
    SCAP_END,
    SCAP_ERROR,
    SCAP_EVENT,
    SCAP_EVENT_STATE_ONLY,
    SCAP_FD,
    SCAP_GROUP,
    SCAP_INTERFACE,
    SCAP_MACHINE,
    SCAP_SECTION,
    SCAP_THREAD,
    SCAP_USER,
    ScapEvent,
    scap_close,
    scap_open,
)
from tiercel._core.sources.replay cimport REPLAY_OPS
from tiercel._core.state.process cimport state_free, state_new
from tiercel._core.util.slice cimport Slice, slice_none
from tiercel._core.values.value cimport PATHS_REQUESTED
from tiercel._core.wire.events_gen cimport (
    EV_CONTAINER,
    EV_GROUPADDED,
    EV_GROUPDELETED,
    EV_USERADDED,
    EV_USERDELETED,
    ev_hdr,
)

import threading

from tiercel.errors import UsageError

cdef enum:
    SLICE = 65536               # events between two checks for signals
    BATCH_BYTES = 1 << 20       # bytes of alerts that end a slice

    # Results of `advance` in addition to the kinds of scap/reader.pxd.
    RUN_MORE = 100
    RUN_STOPPED = 101
    RUN_NO_MEMORY = -2

cdef tuple PATH_MATCHING = ("both", "requested", "resolved")


# --- The loop ---------------------------------------------------------------------------------------------------------

cdef void _sum(ThreadTableStats *total, const ThreadTableStats *part) noexcept nogil:
    total.refused += part.refused
    total.fds_refused += part.fds_refused
    total.users_refused += part.users_refused
    total.no_memory += part.no_memory


cdef int _section(ReplayState *run) noexcept nogil:
    """Reset the threads, users and addresses at a new section; return -1 without memory."""
    if run.threads is not NULL:
        _sum(&run.before, &run.threads.stats)
    described_forget(&run.described)
    thread_table_free(run.threads)
    state_free(run.state)
    run.threads = NULL
    run.state = state_new(THREADS_MAX)
    if run.state is not NULL:
        run.threads = thread_table_new(run.state, THREADS_MAX)
    if run.threads is not NULL and not run.cx.settings.strict:
        run.threads.path_limit = 0
    run.cx.state = run.state
    run.cx.source_data = run.threads
    return 0 if run.threads is not NULL else -1


cdef void _table(ReplayState *run, int kind) noexcept nogil:
    """Add an entry of the initial tables."""
    if kind == SCAP_THREAD:
        thread_table_add(run.threads, &run.scap.thread)
    elif kind == SCAP_FD:
        fds_add_initial(run.threads, &run.scap.fd)
    elif kind == SCAP_MACHINE:
        thread_table_add_machine(run.threads, &run.scap.machine)
    elif kind == SCAP_INTERFACE:
        thread_table_add_interface(run.threads, &run.scap.interface)
    elif kind == SCAP_USER:
        thread_table_add_user(run.threads, slice_none(), &run.scap.user)
    elif kind == SCAP_GROUP:
        thread_table_add_group(run.threads, slice_none(), &run.scap.group)


cdef bint _is_of_users(const ScapEvent *event) noexcept nogil:
    cdef uint16_t type = event.type
    return type == EV_USERADDED or type == EV_USERDELETED or type == EV_GROUPADDED or type == EV_GROUPDELETED


cdef bint _is_metadata(const ScapEvent *event) noexcept nogil:
    """Return whether the event only describes users or containers: `evt.reltime` does not start at such an event."""
    return event.type == EV_CONTAINER or _is_of_users(event)


cdef bint _is_shown(const ScapEvent *event) noexcept nogil:
    """Return whether the event is visible to rules: not if it only updates tables. Falco hides user events, too."""
    return not (thread_table_is_hidden(event) or event.flags & SCAP_EVENT_STATE_ONLY or _is_of_users(event))


cdef bint _is_wrong(ReplayState *run, const ScapEvent *event) noexcept nogil:
    cdef int param = params_check(event)
    if param < 0:
        return 0
    if run.malformed.count == 0:
        run.malformed.offset = run.scap.block_offset
        run.malformed.type = event.type
        run.malformed.param = param
    run.malformed.count += 1
    return 1


cdef bint _make_ready(ReplayState *run, const ScapEvent *event) noexcept nogil:
    """Build the event's record and set it as current; return 0 if its type has no record."""
    cdef ReplayThread *thread = run.threads.thread
    cdef const ev_hdr *hdr = record_make(&run.builder, run.threads, thread, event)
    cdef ReplayThread *main = rthread_main(thread) if thread is not NULL else NULL
    cdef EvalCx *cx = &run.cx
    if hdr is NULL:
        return 0
    cx_set_event_again(cx, hdr, &thread.proc if thread is not NULL else NULL)
    cx.event.lacks_thread = thread is NULL
    cx.event.paths_differ = 0
    cx.event.proc_main = &main.proc if main is not NULL else NULL
    cx.event.container = run.described.container
    cx.event.num = run.num
    return 1


cdef bint _event(ReplayState *run) noexcept nogil:
    """Process one event; return 1 to pause there, with the event set as current."""
    cdef const ScapEvent *event = &run.scap.event
    cdef ThreadTable *threads = run.threads
    cdef EvalCx *cx = &run.cx
    cdef Slice json
    cdef bint stops
    run.num += 1
    if not threads.is_open:
        thread_table_open(threads)
    if _is_wrong(run, event):
        return 0
    if cx.event.first_ns == 0 and not _is_metadata(event):
        cx.event.first_ns = event.ts_ns
    thread_table_apply(threads, thread_table_begin(threads, event), event)
    run.described.container = NULL
    json = described_json(event)
    if json.ptr is not NULL:
        described_hear(&run.described, &run.state.containers, json)
    stops = 0
    if _is_shown(event):
        run.visible_events += 1
        stops = run.num == run.stop_at
        if stops:
            stops = _make_ready(run, event)
        elif prog_wants(run.program, event.type) and _make_ready(run, event):
            run.matches += prog_eval(run.program, cx, alert_buffer_keep, &run.alerts)
        if not stops:
            cx.event.previous_ns = event.ts_ns
    if not stops:
        thread_table_end(threads, event)
    return stops


cdef int _advance(ReplayState *run, uint64_t limit) noexcept nogil:
    """Evaluate up to `limit` events, or until BATCH_BYTES of alerts."""
    cdef int kind
    while limit and run.alerts.used < BATCH_BYTES:
        kind = converter_next(&run.converter, &run.scap)
        if kind == SCAP_EVENT:
            limit -= 1
            if _event(run):
                return RUN_STOPPED
        elif kind == SCAP_END or kind == SCAP_ERROR or kind == SCAP_AGAIN:
            return kind
        elif kind != SCAP_SECTION:
            _table(run, kind)
        elif _section(run) < 0:
            return RUN_NO_MEMORY
    return RUN_MORE


# --- For Python -------------------------------------------------------------------------------------------------------

cdef class Replay:
    def __cinit__(
        self,
        RuleProgram program not None,
        int fd,
        str name not None,
        *,
        path_matching="both",
        rule_matching="first",
        describe=None,
    ):
        if path_matching not in PATH_MATCHING:
            raise UsageError("E607", f"path_matching is both, requested or resolved, not {path_matching!r}")
        if rule_matching not in ("first", "all"):
            raise UsageError("E607", f"rule_matching is first or all, not {rule_matching!r}")
        self.program = program
        self.name = name
        self.describe = describe
        self.busy = threading.Lock()
        self.run = <ReplayState *>calloc(1, sizeof(ReplayState))
        if self.run is NULL:
            raise MemoryError
        if (
            cx_init(&self.run.cx, NULL, &REPLAY_OPS) < 0 or cx_attach(&self.run.cx, &program.program) < 0
            or record_builder_init(&self.run.builder) < 0 or converter_init(&self.run.converter) < 0
            or scap_open(&self.run.scap, fd) < 0
        ):
            raise MemoryError
        self.run.described.describe = <PyObject *>describe if describe is not None else NULL
        self.run.program = &program.program
        self.run.cx.settings.paths = PATH_MATCHING.index(path_matching)
        self.run.cx.settings.strict = self.run.cx.settings.paths == PATHS_REQUESTED
        self.run.cx.settings.prints_as_falco = self.run.cx.settings.strict
        self.run.cx.settings.first_only = rule_matching == "first"
        self.run.cx.settings.checks_first = not self.run.cx.settings.first_only

    def __dealloc__(self):
        if self.run is NULL:
            return
        scap_close(&self.run.scap)
        converter_free(&self.run.converter)
        described_forget(&self.run.described)
        thread_table_free(self.run.threads)
        state_free(self.run.state)
        record_builder_free(&self.run.builder)
        cx_free(&self.run.cx)
        alert_buffer_free(&self.run.alerts)
        free(self.run)

    cdef int advance(self, uint64_t limit) except? -99:
        cdef int kind
        if not self.busy.acquire(blocking=False):
            raise UsageError("E607", "another thread reads this capture")
        try:
            with nogil:
                kind = _advance(self.run, limit)
        finally:
            self.busy.release()
        return kind

    def read(self):
        cdef ReplayState *run = self.run
        if self.done:
            return []
        if run.paused:
            self.release()
        run.alerts.used = 0
        self.note(self.advance(SLICE))
        return alerts_unpack(run.alerts.bytes, run.alerts.used)

    def seek(self, num):
        cdef ReplayState *run = self.run
        cdef int kind = RUN_MORE
        if run.paused:
            self.release()
        run.stop_at = num
        while kind != RUN_STOPPED and not self.done:
            run.alerts.used = 0
            kind = self.advance(SLICE)
            self.note(kind)
            PyErr_CheckSignals()
        run.alerts.used = 0
        run.paused = kind == RUN_STOPPED
        return decode_event(run.cx.event.hdr) if run.paused else None

    def evaluate(self, RuleProgram program not None):
        cdef ReplayState *run = self.paused_event(program)
        run.alerts.used = 0
        prog_eval(&program.program, &run.cx, alert_buffer_keep, &run.alerts)
        return alerts_unpack(run.alerts.bytes, run.alerts.used)

    def trace(self, RuleProgram program not None, rule):
        if not 0 <= rule < program.program.nrules:
            raise IndexError(f"the program has no rule {rule}")
        return tuple(trace_rule(&program.program, &self.paused_event(program).cx, rule))

    cdef ReplayState *paused_event(self, RuleProgram program) except NULL:
        """Return the state at the event where `seek` paused, prepared for evaluation of other rules."""
        cdef ReplayState *run = self.run
        if not run.paused:
            raise UsageError("E607", "no event is held", hint="seek one first")
        if cx_attach(&run.cx, &program.program) < 0:
            raise MemoryError
        run.cx.memo.arena.used = 0
        run.cx.memo.ancestor = NULL
        return run

    cdef int release(self) except -1:
        """Continue after the event where `seek` paused."""
        cdef ReplayState *run = self.run
        thread_table_end(run.threads, &run.scap.event)
        run.paused = 0
        if cx_attach(&run.cx, run.program) < 0:
            raise MemoryError
        return 0

    cdef int note(self, int kind) except -1:
        """Update `done` and `error` from a result of `advance`."""
        if kind == RUN_NO_MEMORY:
            raise MemoryError
        if kind == SCAP_ERROR:
            self.error = capture_error(&self.run.scap.error, self.name)
        self.done = kind == SCAP_END or kind == SCAP_ERROR
        return 0

    def stats(self):
        cdef ReplayState *run = self.run
        cdef ThreadTableStats tables = run.before
        if run.threads is not NULL:
            _sum(&tables, &run.threads.stats)
        return {
            "events": run.visible_events,
            "last_num": run.num,
            "malformed": run.malformed.count,
            "undescribed": run.described.wrong,
            "malformed_at": run.malformed.offset,
            "malformed_type": run.malformed.type,
            "malformed_param": run.malformed.param,
            "unknown": run.scap.stats.unknown_events,
            "matches": run.matches,
            "alerts_lost": run.alerts.lost,
            "alerts_cut": run.cx.counters.alerts_cut,
            "texts_lost": run.cx.memo.arena.overflows,
            "events_cut": run.builder.cut,
            "threads_refused": tables.refused,
            "users_refused": tables.users_refused,
            "descriptors_refused": tables.fds_refused,
            "containers_refused": run.described.refused,
            "enters_evicted": run.converter.stats.evicted,
            "no_memory": tables.no_memory,
        }
