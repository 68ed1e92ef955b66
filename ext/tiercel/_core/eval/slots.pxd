# SPDX-License-Identifier: Apache-2.0
"""Value sources of a program: fields, transformers, lists and constants."""

from libc.stdint cimport int32_t, uint8_t, uint16_t, uint32_t

from tiercel._core.fields.tables_gen cimport FieldRow, field_fn, transform_fn
from tiercel._core.values.value cimport EvalCx, FieldArg, Value, Values
from tiercel._core.wire.events_gen cimport MULTI_LIST, MULTI_NONE, tbl_event_row


cdef enum:
    SLOT_FIELD = 0
    SLOT_CALL = 1           # result of a transformer
    SLOT_ITEMS = 2          # a literal list, each element as text
    SLOT_CONSTANT = 3

    NO_SLOT = 0x7fff_ffff

# A value source, shared by checks and outputs; evaluated at most once per event and binding.
cdef struct Slot:
    field_fn extract        # FIELD
    FieldArg arg            # FIELD: its argument, for the first value; CALL: the text in brackets, as a key
    transform_fn transform  # CALL
    uint32_t *inputs        # CALL, ITEMS: the slots of the arguments, all before this one
    const Value *constant   # CONSTANT
    uint32_t ninputs
    uint16_t depth          # CALL, ITEMS: nesting depth
    uint8_t source          # SLOT_*
    uint8_t kind            # enum tbl_kind
    uint8_t fmt             # enum tbl_format
    uint8_t multi           # enum tbl_multi; MULTI_NONE where the argument picks one value
    uint8_t path            # 1: depends on the binding
    uint8_t depends_on      # PART_*: container metadata that the value depends on
    bint is_plain           # a field of one value
    bint shown              # outputs read the value again

cdef bint slot_read(const Slot *slots, EvalCx *cx, uint32_t slot, int32_t iter, Value *out) noexcept nogil
cdef bint slot_evaluate(const Slot *slots, EvalCx *cx, uint32_t slot, uint32_t cell) noexcept nogil
cdef bint slot_fill(const Slot *slots, EvalCx *cx, uint32_t slot, uint32_t cell) noexcept nogil

cdef inline const Value *slot_value(const Slot *slots, EvalCx *cx, uint32_t slot) noexcept nogil:
    """Return the cached value of a single-valued source; NULL if it has none."""
    cdef uint32_t cell = 2 * slot + (cx.binding & slots[slot].path)
    if cx.memo.filled[cell] >> 1 != cx.memo.generation:
        cx.memo.filled[cell] = cx.memo.generation << 1 | slot_fill(slots, cx, slot, cell)
    return &cx.memo.values[cell] if cx.memo.filled[cell] & 1 else NULL

cdef inline const Values *slot_values(const Slot *slots, EvalCx *cx, uint32_t slot) noexcept nogil:
    """All values of a source, read once; NULL if it has none: an empty list is one that has."""
    cdef uint32_t cell = 2 * slot + (cx.binding & slots[slot].path)
    if cx.memo.filled[cell] >> 1 != cx.memo.generation:
        cx.memo.filled[cell] = cx.memo.generation << 1 | slot_fill(slots, cx, slot, cell)
    return &cx.memo.lists[cell] if cx.memo.filled[cell] & 1 else NULL

cdef inline uint8_t field_multi(const FieldRow *row, bint has_argument) noexcept nogil:
    """Return enum tbl_multi of a field: an argument selects one value, but of a list another list."""
    return row.multi if not has_argument or row.multi == MULTI_LIST else <uint8_t>MULTI_NONE

cdef int source_depends_on(object source, SlotTable table)
cdef bint names_users(object source, const tbl_event_row *event)
cdef int field_kind(const FieldRow *row, object arg) except -1


cdef class SlotTable:
    cdef Slot *slots
    cdef uint32_t count
    cdef uint32_t size
    cdef dict ids           # key -> slot; of a field, its number and argument
    cdef list keep          # owns the texts of the slots

    cdef uint32_t add(self, object source, int nesting=*) except? 0xffff_ffff
    cdef uint32_t find(self, tuple key) except? 0xffff_ffff
    cdef Slot *put(self, tuple key) except NULL
    cdef int put_inputs(self, tuple key, list inputs) except -1
    cdef int add_field(self, tuple key, str name, object arg) except -1
    cdef int add_constant(self, tuple key, bytes text) except -1
    cdef int add_items(self, tuple key, list inputs) except -1
    cdef int add_call(self, tuple key, str name, list inputs, object option) except -1
