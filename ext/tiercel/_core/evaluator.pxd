# SPDX-License-Identifier: Apache-2.0
"""Evaluation of single events from Python: records, and events given as fields."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from tiercel._core.events_gen cimport ev_hdr
from tiercel._core.program cimport Entry, RuleProgram
from tiercel._core.threads cimport ProcessTable
from tiercel._core.value cimport EvalCx


# Packed alerts of one event, each behind its length, padded to 8 bytes.
cdef struct Batch:
    uint8_t *bytes
    size_t used
    size_t size
    uint64_t lost           # alerts for which there was no memory

cdef class Evaluator:
    cdef readonly RuleProgram program
    cdef readonly ProcessTable table
    cdef EvalCx cx
    cdef Batch batch
    cdef uint64_t malformed
    cdef uint64_t matches

    cdef const ev_hdr *enter(self, const unsigned char[::1] record, list keep) except NULL
    cdef list follow(self, const Entry *entry)
    cdef list take(self)
