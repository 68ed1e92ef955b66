# SPDX-License-Identifier: Apache-2.0
"""Comparison operators of the rule language: one function for each row of the schema's operators.

Each compares a present value with an operand of its kind; missing values are handled by the caller.
"""

from tiercel._core.values.value cimport Operand, Value


cdef bint op_eq(const Value *value, const Operand *operand) noexcept nogil
cdef bint op_ne(const Value *value, const Operand *operand) noexcept nogil
cdef bint op_lt(const Value *value, const Operand *operand) noexcept nogil
cdef bint op_le(const Value *value, const Operand *operand) noexcept nogil
cdef bint op_gt(const Value *value, const Operand *operand) noexcept nogil
cdef bint op_ge(const Value *value, const Operand *operand) noexcept nogil
cdef bint op_in(const Value *value, const Operand *operand) noexcept nogil
cdef bint op_intersects(const Value *value, const Operand *operand) noexcept nogil
cdef bint op_contains(const Value *value, const Operand *operand) noexcept nogil
cdef bint op_icontains(const Value *value, const Operand *operand) noexcept nogil
cdef bint op_bcontains(const Value *value, const Operand *operand) noexcept nogil
cdef bint op_startswith(const Value *value, const Operand *operand) noexcept nogil
cdef bint op_bstartswith(const Value *value, const Operand *operand) noexcept nogil
cdef bint op_endswith(const Value *value, const Operand *operand) noexcept nogil
cdef bint op_glob(const Value *value, const Operand *operand) noexcept nogil
cdef bint op_iglob(const Value *value, const Operand *operand) noexcept nogil
cdef bint op_regex(const Value *value, const Operand *operand) noexcept nogil
cdef bint op_pmatch(const Value *value, const Operand *operand) noexcept nogil
cdef bint op_exists(const Value *value, const Operand *operand) noexcept nogil
