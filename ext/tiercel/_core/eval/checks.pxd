# SPDX-License-Identifier: Apache-2.0
"""Checks: comparisons of a value source with constants or with another source."""

from libc.stdint cimport uint8_t, uint32_t

from tiercel._core.eval.slots cimport Slot, slot_value
from tiercel._core.fields.tables_gen cimport op_fn
from tiercel._core.values.value cimport EvalCx, Operand, Value


cdef enum:
    MODIFIER_NONE = 0
    MODIFIER_ONEOF = 1
    MODIFIER_ANYOF = 2
    MODIFIER_ALLOF = 3

    VALUES_MAX = 4096       # compared values of one field

# A source, an operator and an operand; evaluated at most once per event and binding.
cdef struct Check:
    op_fn compare
    Operand operand
    Operand *each           # one for each constant, if there is a modifier
    uint32_t neach
    uint32_t slot
    uint32_t right          # slot of the right side instead of constants, or NO_SLOT
    uint8_t modifier        # MODIFIER_*
    uint8_t multi           # copy of Slot.multi
    uint8_t path            # 1: depends on the binding
    uint8_t depends_on      # PART_*: container metadata that the result depends on
    bint is_plain           # one value, an operand, no modifier
    bint is_for_all         # every value must fit: `!=` on both ends of a connection, `in` of a list

cdef bint check_evaluate(const Check *check, const Slot *slots, EvalCx *cx) noexcept nogil

cdef inline bint check_compare(const Check *check, const Slot *slots, EvalCx *cx) noexcept nogil:
    """Evaluate a check under cx.binding. A missing value makes it false with every operator."""
    cdef const Value *value
    if not check.is_plain:
        return check_evaluate(check, slots, cx)
    value = slot_value(slots, cx, check.slot)
    return value is not NULL and check.compare(value, &check.operand)

cdef inline bint check_holds(const Check *checks, const Slot *slots, EvalCx *cx, uint32_t index) noexcept nogil:
    """Return the cached result of a check under cx.binding; evaluate it on the first use."""
    cdef const Check *check = &checks[index]
    cdef uint32_t cell = 2 * index + (cx.binding & check.path)
    if cx.memo.check_cache[cell] >> 1 != cx.memo.generation:
        cx.memo.check_cache[cell] = cx.memo.generation << 1 | check_compare(check, slots, cx)
    return cx.memo.check_cache[cell] & 1
