# SPDX-License-Identifier: Apache-2.0
"""Value sources of a program: fields, transformers, lists and constants.

Each source has a slot.  The arguments of a transformer have lower slots than the transformer, so the recursive
evaluation terminates.
"""

from libc.stdlib cimport calloc, free, realloc
from libc.string cimport memcpy, memset

from tiercel._core.fields.tables_gen cimport TransformRow, field_row, transform_row
from tiercel._core.util.arena_text cimport arena_take_aligned
from tiercel._core.util.regex cimport Regex, regex_compile
from tiercel._core.values.transforms cimport value_as_text
from tiercel._core.values.value cimport BINDING_REQUESTED
from tiercel._core.wire.events_gen cimport (
    EV_SLOT_MAX,
    FMT_DEC,
    KIND_BYTES,
    KIND_NONE,
    KIND_STR,
    KIND_UINT,
    PART_NAMES,
    PT_DYN,
    PT_GID,
    PT_UID,
    RESULT_OPTIONS,
    RESULT_SAME,
    RESULT_TEXT,
    RESULT_UINT,
    TBL_ARG_ALONE,
    TBL_ARG_DOTTED,
    TBL_ARG_INDEX,
    TBL_ARG_KEY,
    TBL_EVENTS,
    tbl_event_row,
)

from tiercel._core.fields.tables_gen import (
    FIELD_IDS as _FIELD_IDS,
    PARAM_FORMATS as _PARAM_FORMATS,
    PARAM_KINDS as _PARAM_KINDS,
    TRANSFORM_IDS as _TRANSFORM_IDS,
)

cdef enum:
    NESTING_MAX = 500       # nested transformers
    GATHER_MIN = 8          # initial room, in values
    GATHER_MAX = 4096       # maximum number of values of one field


# --- Evaluation -------------------------------------------------------------------------------------------------------

cdef inline bint _extract(const Slot *row, EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    """Read a field from the event. A field that does not depend on the binding is read as requested."""
    cdef uint8_t binding = cx.binding
    cdef bint found
    if not row.path:
        cx.binding = BINDING_REQUESTED
    found = row.extract(cx, arg, out)
    cx.binding = binding
    return found


cdef bint slot_read(const Slot *slots, EvalCx *cx, uint32_t slot, int32_t iter, Value *out) noexcept nogil:
    """Read the value of a source, or value number `iter` of several; return 0 without a value."""
    cdef const Slot *row = &slots[slot]
    cdef const Values *values
    cdef FieldArg arg
    if cx.event.mapping_values is not NULL or row.source != SLOT_FIELD:
        if row.source == SLOT_FIELD:
            values = &cx.event.mapping_values[2 * slot + (cx.binding & row.path)]
        else:
            values = slot_values(slots, cx, slot)
        if values is NULL or iter < 0 or <uint32_t>iter >= values.count:
            return 0
        out[0] = values.items[iter]
        return 1
    arg = row.arg
    arg.iter = iter
    return _extract(row, cx, &arg, out)


cdef bint _gather(const Slot *slots, EvalCx *cx, uint32_t slot, Values *out) noexcept nogil:
    """Collect all values of a multi-valued field."""
    cdef Value *items = NULL
    cdef Value *bigger
    cdef Value one
    cdef uint32_t size = 0
    cdef int32_t iter
    if cx.event.mapping_values is not NULL:
        out[0] = cx.event.mapping_values[2 * slot + (cx.binding & slots[slot].path)]
        return out.items is not NULL
    out.count = 0
    out.is_list = 1
    for iter in range(GATHER_MAX):
        if not slot_read(slots, cx, slot, iter, &one):
            break
        if out.count == size:
            size = 2 * size or GATHER_MIN
            bigger = <Value *>arena_take_aligned(&cx.memo.arena, size * sizeof(Value))
            if bigger is NULL:
                return 0
            if out.count:
                memcpy(bigger, items, out.count * sizeof(Value))
            items = bigger
        if one.kind != KIND_NONE:
            items[out.count] = one
            out.count += 1
    out.items = items
    return items is not NULL


cdef bint _items(const Slot *slots, EvalCx *cx, const Slot *row, Values *out) noexcept nogil:
    """Evaluate a literal list to texts; nested lists are flattened."""
    cdef const Values *values
    cdef Value *items
    cdef uint32_t i, j, count = 0
    for i in range(row.ninputs):
        values = slot_values(slots, cx, row.inputs[i])
        if values is NULL:
            return 0
        count += values.count
    items = <Value *>arena_take_aligned(&cx.memo.arena, (count or 1) * sizeof(Value))
    if items is NULL:
        return 0
    out.count = 0
    out.is_list = 1
    out.items = items
    for i in range(row.ninputs):
        values = slot_values(slots, cx, row.inputs[i])
        for j in range(values.count):
            if not value_as_text(&cx.memo.arena, &values.items[j], slots[row.inputs[i]].fmt, &items[out.count]):
                return 0
            out.count += 1
    return 1


cdef bint slot_fill(const Slot *slots, EvalCx *cx, uint32_t slot, uint32_t cell) noexcept nogil:
    """Evaluate a source into its cell; return 0 if it has no value."""
    cdef const Slot *row = &slots[slot]
    if row.is_plain and cx.event.mapping_values is NULL:
        return _extract(row, cx, &row.arg, &cx.memo.values[cell])
    return slot_evaluate(slots, cx, slot, cell)


cdef bint slot_evaluate(const Slot *slots, EvalCx *cx, uint32_t slot, uint32_t cell) noexcept nogil:
    """Evaluate a source that is not a single-valued field."""
    cdef const Slot *row = &slots[slot]
    cdef const Values *values
    cdef Values *args
    cdef uint32_t i
    if row.source == SLOT_FIELD:
        if row.multi == MULTI_NONE:
            return slot_read(slots, cx, slot, 0, &cx.memo.values[cell])
        return _gather(slots, cx, slot, &cx.memo.lists[cell])
    if row.source == SLOT_CONSTANT:
        cx.memo.values[cell] = row.constant[0]
        return 1
    if row.source == SLOT_ITEMS:
        return _items(slots, cx, row, &cx.memo.lists[cell])
    args = <Values *>arena_take_aligned(&cx.memo.arena, row.ninputs * sizeof(Values))
    if args is NULL:
        return 0
    for i in range(row.ninputs):
        values = slot_values(slots, cx, row.inputs[i])
        if values is NULL:
            return 0
        args[i] = values[0]
    cx.memo.lists[cell].items = &cx.memo.values[cell]
    return row.transform(cx, &row.arg, args, row.ninputs, &cx.memo.lists[cell])


# --- From the compiler ------------------------------------------------------------------------------------------------

cdef int _takes(const FieldRow *row, str name, object arg, FieldArg *out, list keep) except -1:
    """Validate and set the argument of a field."""
    out.index = -1
    if arg is None:
        if row.arg & TBL_ARG_ALONE:
            return 0
        raise ValueError(f"{name} needs an argument")
    if isinstance(arg, int):
        if row.arg & TBL_ARG_INDEX and 0 <= arg < 2**63:
            out.index = arg
            return 0
    elif isinstance(arg, (str, bytes)) and row.arg & (TBL_ARG_KEY | TBL_ARG_DOTTED):
        return _key(out, arg, keep)
    raise ValueError(f"{name} does not take the argument {arg!r}")


cdef int _key(FieldArg *out, object text, list keep) except -1:
    """Set a key."""
    cdef bytes key = text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")
    keep.append(key)
    out.index = -1
    out.key.ptr = <const uint8_t *><const char *>key
    out.key.len = <uint32_t>len(key)
    return 0


cdef bytes _ANYTHING = b"(.|\n)*"
cdef bytes _SPECIAL = b"$()*+.?[\\]^{|}"


cdef int _pattern(FieldArg *out, list keep) except -1:
    """Compile a key to a regex that matches anywhere in a text. An invalid regex is taken literally."""
    cdef bytes key = (<const char *>out.key.ptr)[:out.key.len]
    cdef Regex regex
    try:
        regex = regex_compile(_ANYTHING + b"(" + key + b")" + _ANYTHING)
    except ValueError:
        key = b"".join([b"\\%c" % byte if byte in _SPECIAL else b"%c" % byte for byte in key])
        regex = regex_compile(_ANYTHING + key + _ANYTHING)
    keep.append(regex)
    out.regex = regex.compiled
    return 0


cdef bint names_users(object source, const tbl_event_row *event):
    """Return whether a source prints a user or group name from a param of the event, or of any event if it is NULL."""
    cdef int i
    if hasattr(source, "args"):
        return any([names_users(one, event) for one in source.args])
    if hasattr(source, "items"):
        return any([names_users(one, event) for one in source.items])
    if not isinstance(source, tuple) or source[0] not in ("evt.arg", "evt.args", "evt.info"):
        return 0
    if event is NULL:
        return any([names_users(source, &TBL_EVENTS[i]) for i in range(<int>EV_SLOT_MAX)])
    arg = source[1]
    for i in range(event.nparams):
        if event.params[i].type in (PT_UID, PT_GID) and arg in (None, i, event.params[i].name.decode()):
            return 1
    return 0


cdef int source_depends_on(object source, SlotTable table):
    """Return the PART_* that a compared source depends on, for any event."""
    return table.slots[table.add(source)].depends_on | (PART_NAMES if names_users(source, NULL) else 0)


cdef int field_kind(const FieldRow *row, object arg) except -1:
    """Return how values of a field are compared (enum tbl_kind); of `evt.rawarg`, the kind of the param."""
    return _PARAM_KINDS.get(arg, row.kind) if row.type == PT_DYN else row.kind


cdef class SlotTable:
    """Deduplicated value sources of a program."""

    def __cinit__(self):
        self.ids = {}
        self.keep = []

    def __dealloc__(self):
        cdef uint32_t i
        for i in range(self.count):
            free(self.slots[i].inputs)
            free(<void *>self.slots[i].constant)
        free(self.slots)

    cdef uint32_t add(self, object source, int nesting=0) except? 0xffff_ffff:
        """Return the slot of a ``Read``, a ``Call``, ``Items`` or a constant text."""
        cdef list inputs
        if nesting > NESTING_MAX:
            raise ValueError(f"more than {NESTING_MAX} transformers inside of one another")
        if isinstance(source, bytes):
            key = ("constant", source)
            if key not in self.ids:
                self.add_constant(key, source)
        elif isinstance(source, tuple) and len(source) == 2 and isinstance(source[0], str):
            key = (_FIELD_IDS.get(source[0]), source[1])
            if key not in self.ids:
                self.add_field(key, source[0], source[1])
        elif hasattr(source, "items"):
            inputs = [self.add(item, nesting + 1) for item in source.items]
            key = ("items", *inputs)
            if key not in self.ids:
                self.add_items(key, inputs)
        elif hasattr(source, "args"):
            inputs = [self.add(arg, nesting + 1) for arg in source.args]
            key = ("call", source.name, source.option, *inputs)
            if key not in self.ids:
                self.add_call(key, source.name, inputs, source.option)
        else:
            raise ValueError(f"{source!r} is no source of values")
        return self.ids[key]

    cdef uint32_t find(self, tuple key) except? 0xffff_ffff:
        """Return the slot of a key, or NO_SLOT."""
        return self.ids.get(key, NO_SLOT)

    cdef Slot *put(self, tuple key) except NULL:
        """Append a zeroed slot; the pointer is valid until the next `put`."""
        cdef uint32_t size
        cdef Slot *bigger
        if self.count == self.size:
            size = 2 * self.size or 64
            bigger = <Slot *>realloc(self.slots, size * sizeof(Slot))
            if bigger is NULL:
                raise MemoryError
            self.slots = bigger
            self.size = size
        memset(&self.slots[self.count], 0, sizeof(Slot))
        self.ids[key] = self.count
        self.count += 1
        return &self.slots[self.count - 1]

    cdef int add_field(self, tuple key, str name, object arg) except -1:
        cdef const FieldRow *row
        cdef FieldArg taken
        cdef Slot *slot
        if key[0] is None:
            raise ValueError(f"there is no field {name}")
        row = field_row(key[0])
        memset(&taken, 0, sizeof(FieldArg))
        _takes(row, name, arg, &taken, self.keep)
        if row.pattern and taken.key.ptr is not NULL:
            _pattern(&taken, self.keep)
        slot = self.put(key)
        slot.source = SLOT_FIELD
        slot.arg = taken
        slot.extract = row.extract
        slot.kind = <uint8_t>field_kind(row, arg)
        slot.arg.kind = slot.kind
        slot.fmt = <uint8_t>_PARAM_FORMATS.get(arg, row.fmt) if row.type == PT_DYN else row.fmt
        slot.arg.fmt = slot.fmt
        slot.path = row.path
        slot.multi = field_multi(row, arg is not None)
        slot.is_plain = slot.multi == MULTI_NONE
        slot.shown = row.shown
        slot.depends_on = row.meta
        return 0

    cdef int add_constant(self, tuple key, bytes text) except -1:
        cdef Value *value = <Value *>calloc(1, sizeof(Value))
        cdef Slot *slot
        if value is NULL:
            raise MemoryError
        self.keep.append(text)
        value.kind = KIND_STR
        value.text.ptr = <const uint8_t *><const char *>text
        value.text.len = <uint32_t>len(text)
        slot = self.put(key)
        slot.source = SLOT_CONSTANT
        slot.constant = value
        slot.kind = KIND_STR
        return 0

    cdef int put_inputs(self, tuple key, list inputs) except -1:
        """Append a slot that depends on other slots."""
        cdef Slot *slot = self.put(key)
        cdef const Slot *one
        slot.inputs = <uint32_t *>calloc(len(inputs) + 1, sizeof(uint32_t))
        if slot.inputs is NULL:
            raise MemoryError
        for number in inputs:
            one = &self.slots[<uint32_t>number]
            slot.inputs[slot.ninputs] = number
            slot.ninputs += 1
            slot.path |= one.path
            slot.depends_on |= one.depends_on
        return 0

    cdef int add_items(self, tuple key, list inputs) except -1:
        cdef Slot *slot
        for number in inputs:
            if self.slots[<uint32_t>number].multi not in (MULTI_NONE, MULTI_LIST):
                raise ValueError("a field of several values is no element of a list")
        self.put_inputs(key, inputs)
        slot = &self.slots[self.count - 1]
        slot.source = SLOT_ITEMS
        slot.kind = KIND_STR
        slot.fmt = FMT_DEC
        slot.multi = MULTI_LIST
        return 0

    cdef int add_call(self, tuple key, str name, list inputs, object option) except -1:
        cdef const TransformRow *row
        cdef FieldArg taken
        cdef Slot *slot
        number = _TRANSFORM_IDS.get(name)
        if number is None:
            raise ValueError(f"there is no transformer {name}")
        row = transform_row(number)
        shapes = [(self.slots[<uint32_t>slot_].kind, self.slots[<uint32_t>slot_].multi) for slot_ in inputs]
        kind, multi = _result(name, row.result, shapes, option)
        memset(&taken, 0, sizeof(FieldArg))
        taken.index = -1
        if option is not None:
            _key(&taken, option, self.keep)
        self.put_inputs(key, inputs)
        slot = &self.slots[self.count - 1]
        slot.source = SLOT_CALL
        slot.transform = row.transform
        slot.arg = taken
        slot.kind = kind
        slot.fmt = FMT_DEC
        slot.multi = multi
        return 0


cdef tuple _TEXT = (KIND_STR, MULTI_NONE)
cdef dict _KINDS = {"b64": (KIND_STR, KIND_BYTES), "len": (KIND_STR, KIND_BYTES)}


cdef bint _is_letter(str option):
    return len(option.encode("utf-8", "surrogateescape")) == 1


cdef tuple _result(str name, int result, list shapes, object option):
    """Return kind and multiplicity of a transformer's result for arguments of given kinds and multiplicities."""
    kinds = _KINDS.get(name, (KIND_STR,))
    first = shapes[0] if shapes else None
    is_single = len(shapes) == 1 and first[1] in (MULTI_NONE, MULTI_LIST)
    if option is not None and not (result == RESULT_OPTIONS and isinstance(option, str) and _is_letter(option)):
        raise ValueError(f"{name} does not take the option {option!r}")
    if result == RESULT_SAME and is_single and first[0] in kinds:
        return first
    if result == RESULT_UINT and is_single and (first[1] == MULTI_LIST or first[0] in kinds):
        return KIND_UINT, MULTI_NONE
    if result == RESULT_TEXT and name == "join" and len(shapes) == 2 and first == _TEXT and shapes[1][1] == MULTI_LIST:
        return _TEXT
    if result == RESULT_TEXT and name != "join" and len(shapes) >= 2 and all([shape == _TEXT for shape in shapes]):
        return _TEXT
    if result == RESULT_OPTIONS and shapes == [(KIND_STR, MULTI_LIST), _TEXT]:
        return KIND_STR, MULTI_LIST if option is None else MULTI_NONE
    raise ValueError(f"{name} does not take arguments like these")
