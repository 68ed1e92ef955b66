# SPDX-License-Identifier: Apache-2.0
"""Evaluation of single events from Python: records, and events given as fields.

The live sensor does not come here: its drain thread calls the same C functions without the GIL.
"""

from libc.stdint cimport int64_t
from libc.stdlib cimport free, realloc
from posix.time cimport CLOCK_REALTIME, clock_gettime, timespec

from tiercel._core.capture cimport ALERT_MAX, alert_pack
from tiercel._core.events_gen cimport TBL_EVENT_INTERNAL, ev_hdr, tbl_event
from tiercel._core.given cimport GivenFields
from tiercel._core.lifecycle cimport state_lock, state_unlock, threads_apply
from tiercel._core.procs cimport Proc
from tiercel._core.program cimport (
    PATHS_REQUESTED,
    Program,
    cx_attach,
    cx_begin,
    cx_free,
    cx_init,
    prog_eval,
    prog_wants,
)
from tiercel._core.record cimport RawAlert, alert_unpack
from tiercel._core.value cimport BINDING_REQUESTED
from tiercel._core.view cimport view_event

from tiercel.errors import EventError, UsageError


cdef extern from "<time.h>" nogil:
    enum: CLOCK_BOOTTIME

cdef tuple PATH_MATCHING = ("both", "requested", "resolved")


cdef int64_t _now(int clock) noexcept nogil:
    cdef timespec now
    clock_gettime(clock, &now)
    return now.tv_sec * 1_000_000_000 + now.tv_nsec


cdef void _keep(EvalCx *cx, const Program *program, uint32_t rule, void *context) noexcept nogil:
    """Append the alert of a rule that matched."""
    cdef Batch *batch = <Batch *>context
    cdef uint8_t *bigger
    cdef uint32_t length
    if batch.size - batch.used < ALERT_MAX + 8:
        bigger = <uint8_t *>realloc(batch.bytes, 2 * batch.size + ALERT_MAX + 8)
        if bigger is NULL:
            batch.lost += 1
            return
        batch.bytes = bigger
        batch.size = 2 * batch.size + ALERT_MAX + 8
    length = alert_pack(program, cx, rule, batch.bytes + batch.used + 8, ALERT_MAX)
    if length == 0:
        batch.lost += 1
        return
    (<uint64_t *>(batch.bytes + batch.used))[0] = length
    batch.used += 8 + ((length + 7) & ~<uint32_t>7)


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
        if cx_init(&self.cx, table.state) < 0 or cx_attach(&self.cx, &program.program) < 0:
            raise MemoryError
        self.cx.paths = program.program.paths if path_matching is None else PATH_MATCHING.index(path_matching)
        self.cx.strict = self.cx.paths == PATHS_REQUESTED
        self.cx.first_only = rule_matching == "first"
        if unix_offset_ns is None:
            unix_offset_ns = _now(CLOCK_REALTIME) - _now(CLOCK_BOOTTIME)
        self.cx.unix_offset_ns = unix_offset_ns

    def __dealloc__(self):
        cx_free(&self.cx)
        free(self.batch.bytes)

    def feed(self, const unsigned char[::1] record not None):
        cdef const ev_hdr *hdr = NULL
        cdef EvalCx *cx = &self.cx
        cdef const Program *program = &self.program.program
        cdef Proc *proc
        cdef bytes copy
        if record.shape[0] and <size_t>&record[0] % 8:
            copy = bytes(record)
            hdr = view_event(<const char *>copy, len(copy))
        elif record.shape[0]:
            hdr = view_event(&record[0], record.shape[0])
        if hdr is NULL:
            self.malformed += 1
            raise EventError("E301", f"{record.shape[0]} bytes are not one whole event")
        self.batch.used = 0
        with nogil:
            state_lock(cx.state)
            proc = threads_apply(cx.state, hdr)
            if not tbl_event(hdr.type).flags & TBL_EVENT_INTERNAL:
                cx.num += 1
                if prog_wants(program, hdr.type):
                    cx_begin(cx, hdr, proc)
                    self.matches += prog_eval(program, cx, _keep, &self.batch)
            state_unlock(cx.state)
        return self.take()

    def evaluate_fields(self, fields):
        cdef GivenFields given = GivenFields(self.program, fields)
        cdef EvalCx *cx = &self.cx
        cdef RawAlert alert
        cx.hdr = NULL
        cx.event = given.event
        cx.file = NULL
        cx.proc = NULL
        cx.binding = BINDING_REQUESTED
        cx.differ = given.differ
        cx.given = given.slots
        cx.arena.used = 0
        self.batch.used = 0
        try:
            self.matches += prog_eval(&self.program.program, cx, _keep, &self.batch)
            alerts = self.take()
        finally:
            cx.given = NULL
        for alert in alerts:
            alert.time_ns = given.time_ns
            alert.num = given.num
        return alerts

    cdef list take(self):
        """Unpack the alerts of the last event."""
        cdef list alerts = []
        cdef size_t at = 0
        cdef uint64_t length
        while at < self.batch.used:
            length = (<const uint64_t *>(self.batch.bytes + at))[0]
            alerts.append(alert_unpack(self.batch.bytes + at + 8, length))
            at += 8 + ((length + 7) & ~<uint64_t>7)
        return alerts

    def stats(self):
        return {
            "events": self.cx.num,
            "malformed": self.malformed,
            "matches": self.matches,
            "alerts_lost": self.batch.lost,
            "alerts_cut": self.cx.cut,
            "texts_lost": self.cx.arena.overflows,
        }
