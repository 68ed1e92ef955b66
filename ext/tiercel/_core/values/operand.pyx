# SPDX-License-Identifier: Apache-2.0
"""Right-hand side of a check, built from constants of a program.

For `in` it has a hash set of its values: open addressing, linear probing.
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcmp, memcpy, memset

from tiercel._core.util.regex cimport Regex, regex_compile
from tiercel._core.util.slice cimport Slice, slice_equal
from tiercel._core.util.strmatch cimport glob_has, text_rarest
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

cdef enum:
    AF_INET = 2


# --- Sets of values ---------------------------------------------------------------------------------------------------

cdef inline uint64_t _mix(uint64_t h, uint64_t word) noexcept nogil:
    h = (h ^ word) * <uint64_t>0x9E3779B97F4A7C15
    return h ^ (h >> 29)


cdef uint64_t _hash_bytes(const uint8_t *data, size_t size) noexcept nogil:
    cdef uint64_t h = size, word
    while size >= 8:
        memcpy(&word, data, 8)
        h = _mix(h, word)
        data += 8
        size -= 8
    if size:
        word = 0
        memcpy(&word, data, size)
        h = _mix(h, word)
    return h


cdef uint64_t _hash(const Value *value) noexcept nogil:
    cdef double number
    if value.kind == KIND_STR or value.kind == KIND_BYTES:
        return _hash_bytes(value.text.ptr, value.text.len)
    if value.kind == KIND_IP:
        return _hash_bytes(value.addr, 4 if value.family == AF_INET else 16)
    if value.kind == KIND_DOUBLE:
        number = value.d + 0.0  # 0.0 and -0.0 are one value
        return _hash_bytes(<const uint8_t *>&number, sizeof(number))
    return _mix(0, <uint64_t>value.i if value.kind == KIND_INT else value.u)


cdef bint values_equal(const Value *a, const Value *b) noexcept nogil:
    """Return true if two values of one kind are equal. A NET equals the network `b` that it is in."""
    cdef int bits, whole
    if a.kind == KIND_STR or a.kind == KIND_BYTES:
        return slice_equal(a.text, b.text)
    if a.kind == KIND_INT:
        return a.i == b.i
    if a.kind == KIND_DOUBLE:
        return a.d == b.d
    if a.kind == KIND_IP:
        return a.family == b.family and memcmp(a.addr, b.addr, 4 if a.family == AF_INET else 16) == 0
    if a.kind == KIND_NET:
        if a.family != b.family:
            return 0
        whole = b.prefix // 8
        bits = b.prefix % 8
        return memcmp(a.addr, b.addr, whole) == 0 and (
            bits == 0 or (a.addr[whole] ^ b.addr[whole]) >> (8 - bits) == 0
        )
    return a.u == b.u


cdef inline uint32_t _bit(const ValueSet *set, uint64_t hash) noexcept nogil:
    """Return the position of a hash's bit: most lookups of absent values end there, in a small table."""
    return <uint32_t>(hash >> 32) & (8 * (set.mask + 1) - 1)


cdef ValueSet *set_new(const Value *items, uint32_t count) noexcept nogil:
    """Create a set of borrowed values, none of kind NET; NULL without memory."""
    cdef ValueSet *set = <ValueSet *>calloc(1, sizeof(ValueSet))
    cdef uint32_t cells = 8, i, at
    if set is NULL:
        return NULL
    while cells < 2 * count:
        cells *= 2
    set.items = items
    set.mask = cells - 1
    set.cells = <uint32_t *>calloc(cells, sizeof(uint32_t))
    set.hashes = <uint64_t *>malloc((count or 1) * sizeof(uint64_t))
    set.bits = <uint64_t *>calloc(cells // 8, sizeof(uint64_t))
    if set.cells is NULL or set.hashes is NULL or set.bits is NULL:
        set_free(set)
        return NULL
    for i in range(count):
        set.hashes[i] = _hash(&items[i])
        at = _bit(set, set.hashes[i])
        set.bits[at >> 6] |= <uint64_t>1 << (at & 63)
        at = <uint32_t>set.hashes[i] & set.mask
        while set.cells[at]:
            at = (at + 1) & set.mask
        set.cells[at] = i + 1
    return set


cdef void set_free(const ValueSet *set) noexcept nogil:
    if set is not NULL:
        free(set.cells)
        free(set.hashes)
        free(set.bits)
        free(<void *>set)


cdef uint32_t set_find(const ValueSet *set, const Value *value) noexcept nogil:
    """Return the index of a value of the same kind, plus one; 0 if it is not in the set."""
    cdef uint64_t h = _hash(value)
    cdef uint32_t at = _bit(set, h), i
    if not set.bits[at >> 6] >> (at & 63) & 1:
        return 0
    at = <uint32_t>h & set.mask
    while set.cells[at]:
        i = set.cells[at] - 1
        if set.hashes[i] == h and values_equal(value, &set.items[i]):
            return i + 1
        at = (at + 1) & set.mask
    return 0


cdef bint set_has(const ValueSet *set, const Value *value) noexcept nogil:
    """Return true if the set has the value, which has the same kind."""
    return set_find(set, value) != 0


# --- Operands ---------------------------------------------------------------------------------------------------------

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
