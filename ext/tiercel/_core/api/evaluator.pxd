# SPDX-License-Identifier: Apache-2.0
"""Evaluation of single events: records, and mappings of field values."""

from libc.stdint cimport uint32_t, uint64_t

from tiercel._core.alerts.buffer cimport AlertBuffer
from tiercel._core.api.mapping_event cimport MappingEvent
from tiercel._core.eval.program cimport Program
from tiercel._core.eval.program_build cimport RuleProgram
from tiercel._core.state.process_table cimport ProcessTable
from tiercel._core.values.value cimport EvalCx
from tiercel._core.wire.events_gen cimport ev_hdr


cdef void cx_set_event_mapping(EvalCx *cx, MappingEvent given) noexcept
cdef list trace_rule(const Program *program, EvalCx *cx, uint32_t rule)


cdef class Evaluator:
    cdef readonly RuleProgram program
    cdef readonly ProcessTable table
    cdef EvalCx cx
    cdef AlertBuffer alerts
    cdef uint64_t malformed
    cdef uint64_t matches

    cdef const ev_hdr *enter(self, const unsigned char[::1] record, list keep) except NULL
    cdef tuple trace_fields(self, fields, uint32_t rule)
