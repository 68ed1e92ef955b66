# SPDX-License-Identifier: Apache-2.0
"""Evaluation of a capture: from its bytes through the tables and the rules to alerts."""

from libc.stdint cimport int64_t, uint16_t, uint64_t

from tiercel._core.alerts.buffer cimport Batch
from tiercel._core.eval.program cimport Program, RuleProgram
from tiercel._core.replay.container_events cimport Described
from tiercel._core.replay.record_builder cimport RecordBuilder
from tiercel._core.replay.thread_table cimport ThreadTable, ThreadTableStats
from tiercel._core.scap.event_converter cimport Converter
from tiercel._core.scap.reader cimport Scap
from tiercel._core.state.process cimport State
from tiercel._core.values.value cimport EvalCx


# The first event whose params are not as long as they must be.
cdef struct Malformed:
    uint64_t count
    uint64_t offset         # of its block in the uncompressed stream
    uint16_t type
    int param

cdef struct Run:
    Scap scap
    Converter converter
    State *state            # NULL before the first section
    ThreadTable *threads
    RecordBuilder builder
    const Program *program
    EvalCx cx
    Batch batch
    uint64_t num            # evt.num of the last event
    uint64_t shown          # events that rules could see
    uint64_t matches
    uint64_t stop_at        # evt.num of an event to stop at; 0 none
    bint held               # stopped there
    Malformed malformed
    ThreadTableStats before        # of the sections before
    Described described


cdef class Replay:
    cdef readonly RuleProgram program
    cdef readonly str name
    cdef Run *run
    cdef object busy        # taken while a thread reads
    cdef readonly bint done
    cdef readonly object error
    cdef object describe

    cdef int advance(self, uint64_t limit) except? -99
    cdef Run *held(self, RuleProgram program) except NULL
    cdef int release(self) except -1
    cdef int note(self, int kind) except -1
