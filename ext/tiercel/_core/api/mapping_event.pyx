# SPDX-License-Identifier: Apache-2.0
"""Events from a mapping of field values, for tests of rules.

The values of the mapping replace the extractors: a field of the program without a value in the mapping has no value.
"""

from libc.stdint cimport uint8_t, uint32_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset

from tiercel._core.eval.slots cimport NO_SLOT, field_kind, field_multi
from tiercel._core.fields.socket_access cimport AF_INET, AF_INET6
from tiercel._core.fields.tables_gen cimport FieldRow, field_row
from tiercel._core.wire.events_gen cimport (
    EV_SLOT_MAX,
    EV_SLOT_SYSCALL,
    KIND_BOOL,
    KIND_BYTES,
    KIND_DOUBLE,
    KIND_INT,
    KIND_STR,
    KIND_UINT,
    MULTI_LIST,
    MULTI_NONE,
    TBL_ARG_ALONE,
    TBL_ARG_DOTTED,
    TBL_ARG_INDEX,
    TBL_ARG_KEY,
    TBL_EVENT_INTERNAL,
    TBL_EVENTS,
    TBL_GENERIC,
    TBL_NGENERIC,
    tbl_call_name,
)

from tiercel._core.fields.tables_gen import FIELD_IDS as _FIELD_IDS
from tiercel.errors import EventError


cdef extern from "<arpa/inet.h>" nogil:
    int inet_pton(int family, const char *text, void *out)


cdef tuple _parse(str key):
    """Split ``proc.aname[2]`` or ``evt.arg.name`` into the field, its number and its argument."""
    cdef const FieldRow *row
    name, bracket, rest = key.partition("[")
    arg = dotted = None
    if bracket:
        if not rest.endswith("]"):
            raise EventError("E302", f"{key!r} lacks a closing bracket")
        arg = rest.removesuffix("]")
        if arg.startswith(("'", '"')):
            arg = arg.strip(arg[0])
    elif name not in _FIELD_IDS:
        stem, _, word = name.rpartition(".")
        if word and stem in _FIELD_IDS and field_row(_FIELD_IDS[stem]).arg & TBL_ARG_DOTTED:
            name, dotted = stem, word
    number = _FIELD_IDS.get(name)
    if number is None:
        raise EventError("E302", f"{name!r} is no field")
    row = field_row(number)
    if dotted is not None:
        return name, number, dotted
    if arg is None:
        if row.arg & TBL_ARG_ALONE:
            return name, number, None
        raise EventError("E302", f"{name!r} needs an argument")
    if row.arg & TBL_ARG_INDEX and arg.isascii() and arg.isdigit() and (arg == "0" or not arg.startswith("0")):
        return name, number, int(arg)
    if row.arg & TBL_ARG_KEY:
        return name, number, arg
    raise EventError("E302", f"{name!r} does not take the argument {arg!r}")


cdef bint is_generic_call(object name):
    """Return whether a system call of this name uses the event `syscall`, because it has no event of its own."""
    cdef int i
    return any(tbl_call_name(TBL_GENERIC[i].code).decode() == name for i in range(TBL_NGENERIC))


cdef object _wrong(str key, str expected, object value):
    return EventError("E303", f"{key} is {expected}, not {value!r}")


cdef class MappingEvent:
    def __cinit__(self, RuleProgram program not None, fields):
        self.program = program
        self.keep = []
        self.slots = <Values *>calloc(2 * <size_t>program.program.nslots + 1, sizeof(Values))
        if self.slots is NULL:
            raise MemoryError
        cdef unsigned int event_index
        fields = dict(fields)
        self.event = NULL
        if "evt.type" not in fields:
            raise EventError("E304", "the mapping does not tell evt.type")
        for event_index in range(EV_SLOT_MAX):
            if TBL_EVENTS[event_index].flags & TBL_EVENT_INTERNAL:
                continue
            if TBL_EVENTS[event_index].name.decode() == fields["evt.type"]:
                self.event = &TBL_EVENTS[event_index]
        if self.event is NULL and is_generic_call(fields["evt.type"]):
            self.event = &TBL_EVENTS[<int>EV_SLOT_SYSCALL]
        if self.event is NULL:
            raise EventError("E303", f"evt.type: there is no event {fields['evt.type']!r}")
        names = fields.get("fd.name")
        if names is not None:
            pair = names if isinstance(names, dict) else {"requested": names}
            self.derive("fd.name_requested", pair.get("requested"), pair.get("requested"))
            resolved = pair.get("resolved", pair.get("requested"))
            self.derive("fd.name_resolved", resolved, resolved)
        has_paths = 0
        for key, value in fields.items():
            has_paths |= self.put(key, value)
        if has_paths and "evt.path_binding" not in fields:
            self.derive("evt.path_binding", "requested", "resolved")
        self.time_ns = fields.get("evt.rawtime") or 0
        self.num = fields.get("evt.num") or 0

    def __dealloc__(self):
        cdef uint32_t i
        if self.slots is not NULL:
            for i in range(2 * self.program.program.nslots):
                free(<void *>self.slots[i].items)
            free(self.slots)

    cdef int derive(self, str name, object requested, object resolved) except -1:
        """Set a field that is derived from others, if the program reads it."""
        cdef uint32_t slot = self.program.table.find((_FIELD_IDS[name], None))
        if slot == NO_SLOT:
            return 0
        self.put_at(&self.slots[2 * slot], name, KIND_STR, MULTI_NONE, requested)
        self.put_at(&self.slots[2 * slot + 1], name, KIND_STR, MULTI_NONE, resolved)
        return 0

    cdef int put(self, str key, object value) except -1:
        """Set the field of one item of the mapping; return whether it is a path."""
        cdef const FieldRow *row
        cdef Values scrap[2]
        cdef Values *given = scrap
        cdef uint32_t slot
        cdef uint8_t multi
        cdef int i, kind
        name, number, arg = _parse(key)
        row = field_row(number)
        kind = field_kind(row, arg)
        multi = field_multi(row, arg is not None)
        slot = self.program.table.find((number, arg))
        memset(scrap, 0, sizeof(scrap))
        if slot != NO_SLOT:
            given = &self.slots[2 * slot]
        requested = resolved = value
        if isinstance(value, dict):
            if not row.path or value.keys() - {"requested", "resolved"}:
                raise _wrong(key, "no path with forms of these names", value)
            requested = value.get("requested")
            resolved = value.get("resolved", requested)
        try:
            self.put_at(&given[0], key, kind, multi, requested)
            self.put_at(&given[1], key, kind, multi, resolved)
        finally:
            for i in range(2):
                free(<void *>scrap[i].items)
        if requested != resolved:
            self.differ = 1
        return row.path and value is not None and name != "evt.path_binding"

    cdef int put_at(self, Values *given, str key, int kind, uint8_t multi, object value) except -1:
        """Set the values of a cell; None is no value, an empty list is a list without elements."""
        cdef uint32_t i
        cdef Value *items
        values = value if isinstance(value, (list, tuple)) else (value,)
        if isinstance(value, (list, tuple)) and multi == MULTI_NONE:
            raise _wrong(key, "one value", value)
        free(<void *>given.items)
        memset(given, 0, sizeof(Values))
        if value is None:
            return 0
        items = <Value *>calloc(len(values) + 1, sizeof(Value))
        given.items = items
        if items is NULL:
            raise MemoryError
        for i, one in enumerate(values):
            self.put_value(&items[i], key, kind, one)
        given.count = len(values)
        given.is_list = multi == MULTI_LIST
        return 0

    cdef int put_value(self, Value *out, str key, int kind, object value) except -1:
        cdef bytes text
        out.kind = <uint8_t>kind
        if kind == KIND_STR or kind == KIND_BYTES:
            if not isinstance(value, (str, bytes)):
                raise _wrong(key, "text", value)
            text = value if isinstance(value, bytes) else value.encode("utf-8", "surrogateescape")
            if kind == KIND_STR:
                text = text.partition(b"\0")[0]
            self.keep.append(text)
            out.text.ptr = <const uint8_t *><const char *>text
            out.text.len = <uint32_t>len(text)
        elif kind == KIND_DOUBLE:
            if not isinstance(value, (int, float)) or isinstance(value, bool):
                raise _wrong(key, "a number", value)
            out.d = value
        elif kind == KIND_BOOL:
            if not isinstance(value, int) or value not in (0, 1):
                raise _wrong(key, "true or false", value)
            out.u = 1 if value else 0
        elif kind == KIND_INT or kind == KIND_UINT:
            if not isinstance(value, int) or isinstance(value, bool) or not -(2**63) <= value < 2**64:
                raise _wrong(key, "a number", value)
            if (kind == KIND_INT and value >= 2**63) or (kind == KIND_UINT and value < 0):
                raise _wrong(key, "a signed number" if kind == KIND_INT else "a number from 0 on", value)
            if kind == KIND_INT:
                out.i = value
            else:
                out.u = value
        else:
            text = str(value).encode("ascii", "replace")
            out.family = <uint8_t>(AF_INET6 if b":" in text else AF_INET)
            out.prefix = 128 if b":" in text else 32
            if not isinstance(value, str) or inet_pton(out.family, text, out.addr) != 1:
                raise _wrong(key, "an address", value)
        return 0
