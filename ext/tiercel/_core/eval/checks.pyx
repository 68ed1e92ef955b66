# SPDX-License-Identifier: Apache-2.0
"""Checks: comparisons of a value source with constants or with another source.

The inline function `check_compare` handles the common case of one value and one operand.
"""

from libc.stdint cimport int32_t
from libc.string cimport memset

from tiercel._core.eval.slots cimport NO_SLOT, slot_read, slot_value, slot_values
from tiercel._core.values.value cimport Value, Values
from tiercel._core.wire.events_gen cimport KIND_NONE, MULTI_NONE


cdef bint _fits(const Check *check, const Value *value, const Operand *operand) noexcept nogil:
    """Compare one value with the operand, or with each constant by the modifier; false without constants."""
    cdef uint32_t i, fitting = 0
    if check.modifier == MODIFIER_NONE:
        return check.compare(value, operand)
    for i in range(check.neach):
        fitting += check.compare(value, &check.each[i])
    if check.modifier == MODIFIER_ONEOF:
        return fitting == 1
    return fitting > 0 and (check.modifier == MODIFIER_ANYOF or fitting == check.neach)


cdef bint check_evaluate(const Check *check, const Slot *slots, EvalCx *cx) noexcept nogil:
    """Evaluate a check of several values, with a modifier, or of two sources."""
    cdef const Operand *operand = &check.operand
    cdef const Values *others
    cdef const Value *value
    cdef Operand other
    cdef Value one
    cdef int32_t iter
    cdef bint fits, found = 0
    if check.right != NO_SLOT:
        others = slot_values(slots, cx, check.right)
        if others is NULL or others.count == 0:
            return 0
        memset(&other, 0, sizeof(Operand))
        other.count = others.count
        other.items = others.items
        operand = &other
    if check.multi == MULTI_NONE:
        value = slot_value(slots, cx, check.slot)
        return value is not NULL and _fits(check, value, operand)
    for iter in range(VALUES_MAX):
        if not slot_read(slots, cx, check.slot, iter, &one):
            break
        if one.kind == KIND_NONE:
            continue
        found = 1
        fits = _fits(check, &one, operand)
        if fits != check.is_for_all:
            return fits
    return found and check.is_for_all
