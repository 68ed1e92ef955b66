# SPDX-License-Identifier: Apache-2.0
"""Right-hand side of a check, and hash sets of its values for `in` with more than a few of them."""

from libc.stdint cimport uint32_t

from tiercel._core.values.value cimport Operand, Value, ValueSet


cdef enum:
    SET_LEAST = 5           # size from which a set is faster than a linear search

cdef ValueSet *set_new(const Value *items, uint32_t count) noexcept nogil
cdef void set_free(const ValueSet *set) noexcept nogil
cdef uint32_t set_find(const ValueSet *set, const Value *value) noexcept nogil
cdef bint set_has(const ValueSet *set, const Value *value) noexcept nogil
cdef bint values_equal(const Value *a, const Value *b) noexcept nogil

cdef int operand_fill(Operand *out, str op, int kind, object constants, Value *items, list keep) except -1
cdef void operand_free(const Operand *operand) noexcept nogil
