# SPDX-License-Identifier: Apache-2.0
"""Comparison operators of the rule language: one function for each row of the schema's operators."""

from libc.stdint cimport uint32_t
from libc.string cimport memcmp

from tiercel._core.util.regex cimport regex_match
from tiercel._core.util.slice cimport Slice, slice_ends, slice_starts
from tiercel._core.util.strmatch cimport glob_match, path_match, text_has, text_has_folded
from tiercel._core.values.operand cimport set_has, values_equal
from tiercel._core.wire.events_gen cimport KIND_DOUBLE, KIND_INT, KIND_STR


cdef bint op_eq(const Value *value, const Operand *operand) noexcept nogil:
    return values_equal(value, operand.items)


cdef bint op_ne(const Value *value, const Operand *operand) noexcept nogil:
    return not values_equal(value, operand.items)


cdef int _order(const Value *value, const Value *other) noexcept nogil:
    """Return -1, 0 or 1 if the value is less than, equal to or greater than the other; 2 if either is NaN."""
    cdef uint32_t shorter
    cdef int order
    if value.kind == KIND_INT:
        return (value.i > other.i) - (value.i < other.i)
    if value.kind == KIND_STR:
        shorter = min(value.text.len, other.text.len)
        order = memcmp(value.text.ptr, other.text.ptr, shorter) if shorter else 0
        if order:
            return 1 if order > 0 else -1
        return (value.text.len > other.text.len) - (value.text.len < other.text.len)
    if value.kind == KIND_DOUBLE:
        if value.d != value.d or other.d != other.d:
            return 2
        return (value.d > other.d) - (value.d < other.d)
    return (value.u > other.u) - (value.u < other.u)


cdef bint op_lt(const Value *value, const Operand *operand) noexcept nogil:
    return _order(value, operand.items) == -1


cdef bint op_le(const Value *value, const Operand *operand) noexcept nogil:
    return _order(value, operand.items) <= 0


cdef bint op_gt(const Value *value, const Operand *operand) noexcept nogil:
    return _order(value, operand.items) == 1


cdef bint op_ge(const Value *value, const Operand *operand) noexcept nogil:
    return 0 <= _order(value, operand.items) <= 1


cdef bint op_in(const Value *value, const Operand *operand) noexcept nogil:
    cdef uint32_t i
    if operand.set is not NULL:
        return set_has(operand.set, value)
    for i in range(operand.count):
        if values_equal(value, &operand.items[i]):
            return 1
    return 0


cdef bint op_intersects(const Value *value, const Operand *operand) noexcept nogil:
    """Return true if one value matches; the caller loops over several values."""
    return op_in(value, operand)


cdef bint op_contains(const Value *value, const Operand *operand) noexcept nogil:
    return text_has(value.text, operand.items[0].text, operand.items[0].rarest)


cdef bint op_icontains(const Value *value, const Operand *operand) noexcept nogil:
    """Return true if the text contains the operand, ignoring ASCII case."""
    return text_has_folded(value.text, operand.items[0].text, operand.items[0].rarest)


cdef bint op_bcontains(const Value *value, const Operand *operand) noexcept nogil:
    return text_has(value.text, operand.items[0].text, operand.items[0].rarest)


cdef bint op_startswith(const Value *value, const Operand *operand) noexcept nogil:
    return slice_starts(value.text, operand.items[0].text)


cdef bint op_bstartswith(const Value *value, const Operand *operand) noexcept nogil:
    return slice_starts(value.text, operand.items[0].text)


cdef bint op_endswith(const Value *value, const Operand *operand) noexcept nogil:
    cdef Slice tail = operand.items[0].text
    return slice_ends(value.text, <const char *>tail.ptr, tail.len)


cdef bint op_glob(const Value *value, const Operand *operand) noexcept nogil:
    return glob_match(operand.items[0].text, value.text, 0)


cdef bint op_iglob(const Value *value, const Operand *operand) noexcept nogil:
    return glob_match(operand.items[0].text, value.text, 1)


cdef bint op_regex(const Value *value, const Operand *operand) noexcept nogil:
    return regex_match(operand.items[0].regex, value.text.ptr, value.text.len)


cdef bint op_pmatch(const Value *value, const Operand *operand) noexcept nogil:
    cdef uint32_t i
    for i in range(operand.count):
        if path_match(operand.items[i].text, operand.items[i].has_glob, value.text):
            return 1
    return 0


cdef bint op_exists(const Value *value, const Operand *operand) noexcept nogil:
    return 1
