# SPDX-License-Identifier: Apache-2.0
"""Construction of a Program from the compiler's output."""

from libc.stdint cimport uint32_t

from tiercel._core.eval.checks cimport Check
from tiercel._core.eval.plan cimport PlanTable
from tiercel._core.eval.program cimport Program
from tiercel._core.eval.slots cimport Slot, SlotTable
from tiercel._core.fields.tables_gen cimport OpRow
from tiercel._core.values.value cimport Operand


cdef class RuleProgram:
    cdef Program program
    cdef readonly tuple rules
    cdef readonly tuple outputs
    cdef readonly frozenset wanted
    cdef SlotTable table
    cdef PlanTable plans
    cdef list keep          # owns the texts of operands

    cdef int add_nodes(self, object source) except -1
    cdef bytearray node_dependencies(self)
    cdef int shown_parts(self, uint32_t rule, unsigned int event)
    cdef int add_entries(self, object source) except -1
    cdef int add_check(self, Check *check, object source) except -1
    cdef int check_right(self, object source, const OpRow *op, const Slot *left, const Slot *right) except -1
    cdef int add_each(self, Check *check, object source, const OpRow *op, const Slot *slot) except -1
    cdef int add_operand(self, Operand *out, str op, int shape, int kind, object constants) except -1
