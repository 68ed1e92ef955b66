# SPDX-License-Identifier: Apache-2.0
"""Events from a mapping of field values."""

from libc.stdint cimport uint8_t, uint64_t

from tiercel._core.eval.program_build cimport RuleProgram
from tiercel._core.values.value cimport Value, Values
from tiercel._core.wire.events_gen cimport tbl_event_row


cdef class MappingEvent:
    cdef const tbl_event_row *event
    cdef Values *slots          # by slot and binding
    cdef bint differ
    cdef uint64_t time_ns
    cdef uint64_t num
    cdef RuleProgram program
    cdef list keep              # owns the texts

    cdef int put(self, str key, object value) except -1
    cdef int put_at(self, Values *given, str key, int kind, uint8_t multi, object value) except -1
    cdef int put_value(self, Value *out, str key, int kind, object value) except -1
    cdef int derive(self, str name, object requested, object resolved) except -1
