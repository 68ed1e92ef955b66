# SPDX-License-Identifier: Apache-2.0
"""Evaluation of a capture."""

from libc.stdint cimport int64_t, uint16_t, uint64_t

from tiercel._core.alerts.buffer cimport AlertBuffer
from tiercel._core.eval.program cimport Program
from tiercel._core.eval.program_build cimport RuleProgram
from tiercel._core.replay.container_events cimport Described
from tiercel._core.replay.record_builder cimport RecordBuilder
from tiercel._core.replay.thread_table cimport ThreadTable, ThreadTableStats
from tiercel._core.scap.event_converter cimport Converter
from tiercel._core.scap.reader cimport Scap
from tiercel._core.state.process cimport State
from tiercel._core.values.value cimport EvalCx


# Events with a param of invalid length; the members after `count` describe the first one.
cdef struct Malformed:
    uint64_t count
    uint64_t offset         # of its block in the uncompressed stream
    uint16_t type
    int param

cdef struct ReplayState:
    Scap scap
    Converter converter
    State *state            # NULL before the first section
    ThreadTable *threads
    RecordBuilder builder
    const Program *program
    EvalCx cx
    AlertBuffer alerts
    uint64_t num            # evt.num of the last event
    uint64_t visible_events  # to rules
    uint64_t matches
    uint64_t stop_at        # evt.num of the event to pause at; 0: none
    bint paused             # paused at that event
    Malformed malformed
    ThreadTableStats before        # counters of the previous sections
    Described described


cdef class Replay:
    cdef readonly RuleProgram program
    cdef readonly str name
    cdef ReplayState *run
    cdef object busy        # lock of the reading thread
    cdef readonly bint done
    cdef readonly object error
    cdef object describe

    cdef int advance(self, uint64_t limit) except? -99
    cdef ReplayState *paused_event(self, RuleProgram program) except NULL
    cdef int release(self) except -1
    cdef int note(self, int kind) except -1
