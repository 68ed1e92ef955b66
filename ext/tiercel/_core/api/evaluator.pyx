# SPDX-License-Identifier: Apache-2.0
"""Evaluation of single events: records, and mappings of field values.

The live sensor does not use this module: its drain thread calls the same C functions without the GIL.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t
from posix.time cimport CLOCK_REALTIME

from tiercel._core.alerts.buffer cimport alert_buffer_free, alert_buffer_keep
from tiercel._core.alerts.pack cimport ALERT_MAX, slot_capture
from tiercel._core.alerts.unpack cimport RawAlert, alerts_unpack, values_unpack
from tiercel._core.api.mapping_event cimport MappingEvent
from tiercel._core.eval.checks cimport Check, check_holds
from tiercel._core.eval.partial_eval cimport EDGE_TRUE, Node
from tiercel._core.eval.program cimport (
    Entry,
    Program,
    cx_attach,
    cx_set_event,
    cx_free,
    cx_init,
    entry_bindings,
    prog_begin,
    prog_eval,
    prog_wants,
)
from tiercel._core.eval.slots cimport NO_SLOT
from tiercel._core.state.container_table cimport lock_state
from tiercel._core.sources.live cimport LIVE_OPS
from tiercel._core.state.process cimport Proc
from tiercel._core.state.process_events cimport state_lock, state_unlock, process_table_apply
from tiercel._core.util.clock cimport boot_now, clock_ns
from tiercel._core.values.value cimport BINDING_REQUESTED, BINDING_RESOLVED, PATHS_REQUESTED
from tiercel._core.wire.events_gen cimport ev_hdr, tbl_event, TBL_EVENT_INTERNAL, tbl_slot
from tiercel._core.wire.view cimport view_event

from collections import namedtuple
from collections.abc import Mapping

from tiercel.errors import EventError, UsageError


cdef tuple PATH_MATCHING = ("both", "requested", "resolved")
cdef tuple BINDINGS = ("requested", "resolved")

TraceStep = namedtuple("TraceStep", ("binding", "node", "result", "value", "right"))


cdef void cx_set_event_mapping(EvalCx *cx, MappingEvent given) noexcept:
    """Set a mapping event as the current event, as `cx_set_event` does for a record."""
    cx.event.hdr = NULL
    cx.event.row = given.event
    cx.event.file = NULL
    cx.event.proc = NULL
    cx.binding = BINDING_REQUESTED
    cx.event.paths_differ = given.differ
    cx.event.mapping_values = given.slots
    cx.event.unknown_parts = 0
    cx.memo.arena.used = 0


cdef object _slot_value(const Program *program, EvalCx *cx, uint32_t slot):
    """Return the value of a source under cx.binding."""
    cdef bytearray room = bytearray(ALERT_MAX)
    cdef uint8_t *at = <uint8_t *><char *>room
    return values_unpack(at, slot_capture(program, cx, slot, at, ALERT_MAX), 1)[0]


cdef list _follow(const Program *program, EvalCx *cx, const Entry *entry):
    """Return the steps of an entry's evaluation, for each binding that is tried."""
    cdef const Node *node
    cdef const Check *check
    cdef list steps = []
    cdef int32_t at
    cdef bint truth
    cdef uint8_t binding, bindings = entry_bindings(entry, cx)
    for binding in range(BINDING_REQUESTED, BINDING_RESOLVED + 1):
        if not bindings >> binding & 1:
            continue
        cx.binding = binding
        at = entry.root
        while at >= 0:
            node = &program.nodes[at]
            truth = check_holds(program.checks, program.slots, cx, node.check)
            check = &program.checks[node.check]
            value = _slot_value(program, cx, check.slot)
            right = None if check.right == NO_SLOT else _slot_value(program, cx, check.right)
            steps.append(TraceStep(BINDINGS[binding], at, truth, value, right))
            at = node.on_true if truth else node.on_false
        if at == EDGE_TRUE:
            break
    return steps


cdef list trace_rule(const Program *program, EvalCx *cx, uint32_t rule):
    """Return the steps of a rule for the current event; empty if the rule does not apply to the event's type."""
    cdef unsigned int event_index = tbl_slot(cx.event.row.code)
    cdef list steps = []
    cdef uint32_t i
    prog_begin(program, cx)
    for i in range(program.first_entry[event_index], program.first_entry[event_index + 1]):
        if program.entries[i].rule == rule:
            steps += _follow(program, cx, &program.entries[i])
    return steps


cdef class Evaluator:
    def __cinit__(
        self, RuleProgram program not None, ProcessTable table not None, *, path_matching=None, rule_matching="first",
        unix_offset_ns=None,
    ):
        if path_matching is not None and path_matching not in PATH_MATCHING:
            raise UsageError("E607", f"path_matching is both, requested or resolved, not {path_matching!r}")
        if rule_matching not in ("first", "all"):
            raise UsageError("E607", f"rule_matching is first or all, not {rule_matching!r}")
        self.program = program
        self.table = table
        if cx_init(&self.cx, table.state, &LIVE_OPS) < 0 or cx_attach(&self.cx, &program.program) < 0:
            raise MemoryError
        self.cx.settings.paths = program.program.paths if path_matching is None else PATH_MATCHING.index(path_matching)
        self.cx.settings.strict = self.cx.settings.paths == PATHS_REQUESTED
        self.cx.settings.first_only = rule_matching == "first"
        if unix_offset_ns is None:
            unix_offset_ns = <int64_t>(clock_ns(CLOCK_REALTIME) - boot_now())
        self.cx.event.unix_offset_ns = unix_offset_ns

    def __dealloc__(self):
        cx_free(&self.cx)
        alert_buffer_free(&self.alerts)

    def feed(self, const unsigned char[::1] record not None):
        cdef list keep = []
        cdef const ev_hdr *hdr = self.enter(record, keep)
        cdef EvalCx *cx = &self.cx
        cdef const Program *program = &self.program.program
        cdef Proc *proc
        self.alerts.used = 0
        with nogil:
            state_lock(cx.state)
            proc = process_table_apply(cx.state, hdr)
            if not tbl_event(hdr.type).flags & TBL_EVENT_INTERNAL:
                cx.event.num += 1
                if cx.event.first_ns == 0:
                    cx.event.first_ns = hdr.time_ns
                if prog_wants(program, hdr.type):
                    cx_set_event(cx, hdr, proc)
                    self.matches += prog_eval(program, cx, alert_buffer_keep, &self.alerts)
                cx.event.previous_ns = hdr.time_ns
            state_unlock(cx.state)
        return alerts_unpack(self.alerts.bytes, self.alerts.used)

    cdef const ev_hdr *enter(self, const unsigned char[::1] record, list keep) except NULL:
        """Check a record; the header is valid while `record` and `keep` exist."""
        cdef const ev_hdr *hdr = NULL
        cdef bytes copy
        if record.shape[0] and <size_t>&record[0] % 8:
            copy = bytes(record)
            keep.append(copy)
            hdr = view_event(<const char *>copy, len(copy))
        elif record.shape[0]:
            hdr = view_event(&record[0], record.shape[0])
        if hdr is NULL:
            self.malformed += 1
            raise EventError("E301", f"{record.shape[0]} bytes are not one whole event")
        return hdr

    def evaluate_fields(self, fields):
        cdef MappingEvent given = MappingEvent(self.program, fields)
        cdef EvalCx *cx = &self.cx
        cdef RawAlert alert
        cx_set_event_mapping(cx, given)
        self.alerts.used = 0
        try:
            self.matches += prog_eval(&self.program.program, cx, alert_buffer_keep, &self.alerts)
            alerts = alerts_unpack(self.alerts.bytes, self.alerts.used)
        finally:
            cx.event.mapping_values = NULL
        for alert in alerts:
            alert.time_ns = given.time_ns
            alert.num = given.num
        return alerts

    def trace(self, event, rule):
        cdef const ev_hdr *hdr
        cdef list keep = []
        if not 0 <= rule < self.program.program.nrules:
            raise IndexError(f"the program has no rule {rule}")
        if isinstance(event, Mapping):
            return self.trace_fields(event, rule)
        hdr = self.enter(event, keep)
        lock_state(self.cx.state)
        try:
            cx_set_event(&self.cx, hdr, process_table_apply(self.cx.state, hdr))
            return tuple(trace_rule(&self.program.program, &self.cx, rule))
        finally:
            state_unlock(self.cx.state)

    cdef tuple trace_fields(self, fields, uint32_t rule):
        """Trace in a separate context without a lock: building the steps runs Python, so other threads may evaluate."""
        cdef MappingEvent given = MappingEvent(self.program, fields)
        cdef EvalCx cx
        try:
            if cx_init(&cx, self.cx.state, &LIVE_OPS) < 0 or cx_attach(&cx, &self.program.program) < 0:
                raise MemoryError
            cx.settings.paths = self.cx.settings.paths
            cx.settings.strict = self.cx.settings.strict
            cx.event.unix_offset_ns = self.cx.event.unix_offset_ns
            cx_set_event_mapping(&cx, given)
            return tuple(trace_rule(&self.program.program, &cx, rule))
        finally:
            cx_free(&cx)

    def stats(self):
        return {
            "events": self.cx.event.num,
            "malformed": self.malformed,
            "matches": self.matches,
            "alerts_lost": self.alerts.lost,
            "alerts_cut": self.cx.counters.alerts_cut,
            "texts_lost": self.cx.memo.arena.overflows,
        }
