# SPDX-License-Identifier: Apache-2.0
"""Right-hand side of a check, built from constants of a program."""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

from tiercel._core.util.regex cimport Regex, regex_compile
from tiercel._core.util.search cimport text_rarest
from tiercel._core.util.slice cimport Slice
from tiercel._core.util.strmatch cimport glob_has
from tiercel._core.values.value_set cimport SET_LEAST, set_free, set_new
from tiercel._core.wire.events_gen cimport (
    KIND_BOOL,
    KIND_BYTES,
    KIND_DOUBLE,
    KIND_INT,
    KIND_IP,
    KIND_NET,
    KIND_STR,
    KIND_UINT,
)


cdef int _value(Value *out, int kind, object item, list keep) except -1:
    """Set a value of a kind; `keep` gets the owner of its text."""
    cdef bytes text
    cdef Slice head
    cdef int family
    out.kind = <uint8_t>kind
    if kind == KIND_STR or kind == KIND_BYTES:
        text = item
        keep.append(text)
        out.text.ptr = <const uint8_t *><const char *>text
        out.text.len = <uint32_t>len(text)
        out.has_glob = glob_has(out.text)
        head = out.text
        head.len = min(head.len, <uint32_t>256)
        if head.len:
            out.rarest = <uint8_t>text_rarest(head, 1)
    elif kind == KIND_UINT:
        out.u = <uint64_t>(item & 0xffff_ffff_ffff_ffff)
        out.i = <int64_t>out.u
    elif kind == KIND_BOOL:
        out.u = 1 if item else 0
    elif kind == KIND_INT:
        out.i = item
        out.u = <uint64_t>out.i
    elif kind == KIND_DOUBLE:
        out.d = item
    else:
        address, prefix = item
        text = address
        if len(text) not in (4, 16) or not 0 <= prefix <= 8 * len(text):
            raise ValueError(f"{item!r} is no address with a prefix length")
        if kind == KIND_IP and prefix != 8 * len(text):
            raise ValueError(f"{item!r} is a network where an address is compared")
        family = 2 if len(text) == 4 else 10
        out.family = <uint8_t>family
        out.prefix = prefix
        memcpy(out.addr, <const char *>text, len(text))
    return 0


cdef int _compile(Value *out, object pattern, list keep) except -1:
    cdef Regex regex = regex_compile(pattern)
    keep.append(regex)
    out.regex = regex.compiled
    return 0


cdef int operand_fill(Operand *out, str op, int kind, object constants, Value *items, list keep) except -1:
    """Build the operand of an operator for values of a kind.

    `items` has room for the constants. `items` and `keep`, which gets the owners of their texts, outlive the operand.
    """
    cdef uint32_t i, count = len(constants)
    memset(out, 0, sizeof(Operand))
    for i in range(count):
        _value(&items[i], kind, constants[i], keep)
        if op == "regex":
            _compile(&items[i], constants[i], keep)
    out.count = count
    out.items = items
    if op in ("in", "intersects") and count >= SET_LEAST and kind != KIND_NET:
        out.set = set_new(items, count)
        if out.set is NULL:
            raise MemoryError
    return 0


cdef void operand_free(const Operand *operand) noexcept nogil:
    set_free(operand.set)
