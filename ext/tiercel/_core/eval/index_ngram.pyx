# SPDX-License-Identifier: Apache-2.0
"""N-gram indexes of substrings.

Each key is filed under one of its grams: the four adjacent bytes with the lowest expected frequency, or two or one
bytes of a shorter key.  A lookup tests the gram at each byte of the text in a bitmap.  If the bit is set, the lookup
compares the keys of that gram with the surrounding text.  So the time depends on the length of the text, not on the
number of keys, as long as their grams are rare.  For a few keys a linear search is faster.

Without case, each gram has the lower-case bit set.  That makes some different bytes equal; the comparison that follows
is exact.
"""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcmp, memcpy

from tiercel._core.eval.index cimport INDEX_ISUBSTRING, INDEX_SUBSTRING, Index, index_hit
from tiercel._core.util.strmatch cimport ascii_lower, text_has, text_has_folded, text_rarest
from tiercel._core.values.value cimport Marks, Value

cdef enum:
    NO_KEY = 0xffff_ffff
    WIDTHS = 3              # gram widths, indexed by half the width: one, two and four bytes
    BITS_PER_KEY = 16       # size of the bitmap: at most one false positive in so many grams
    MIN_BITS = 10           # minimum size of the bitmap, as a power of two
    FEW = 6                 # maximum number of keys for a linear search

# Keys with grams of one width.
cdef struct Grams:
    uint64_t *bits          # by hash: whether a key has such a gram
    uint32_t *heads         # by hash: the first key, or NO_KEY
    uint32_t shift          # hashes have 64 minus `shift` bits
    uint32_t count

cdef struct Substrings:
    Grams grams[WIDTHS]
    uint32_t *next          # by key: the next key with the same hash
    uint32_t *offsets       # by key: offset of its gram
    bint fold


# --- Search -----------------------------------------------------------------------------------------------------------

cdef inline uint32_t _gram(const uint8_t *at, uint32_t width, bint fold) noexcept nogil:
    cdef uint32_t four
    cdef uint16_t two
    if width == 4:
        memcpy(&four, at, 4)
        return four | 0x20202020 if fold else four
    if width == 2:
        memcpy(&two, at, 2)
        return two | 0x2020 if fold else two
    return at[0] | 0x20 if fold else at[0]


cdef inline uint64_t _hash(uint32_t gram, uint32_t shift) noexcept nogil:
    return (gram * <uint64_t>0x9E3779B97F4A7C15) >> shift


cdef bint _stands_at(const Value *key, const uint8_t *at, bint fold) noexcept nogil:
    cdef uint32_t i
    if not fold:
        return memcmp(at, key.text.ptr, key.text.len) == 0
    for i in range(key.text.len):
        if ascii_lower(at[i]) != ascii_lower(key.text.ptr[i]):
            return 0
    return 1


cdef void _verify(const Index *index, uint32_t key, const Value *value, uint32_t at, Marks *marks) noexcept nogil:
    """Hit those of the keys that are filed with `key` that stand in the text with their gram at `at`."""
    cdef const Substrings *table = <const Substrings *>index.table
    cdef const Value *text
    cdef uint32_t offset
    while key != NO_KEY:
        text = &index.keys[key]
        offset = table.offsets[key]
        if offset <= at and text.text.len <= value.text.len - (at - offset):
            if _stands_at(text, value.text.ptr + (at - offset), table.fold):
                index_hit(index, key, marks)
        key = table.next[key]


cdef inline void _search(
    const Index *index, const Value *value, uint32_t width, bint fold, Marks *marks
) noexcept nogil:
    """Search a text for the keys with grams of `width` bytes."""
    cdef const Grams *grams = &(<const Substrings *>index.table).grams[width // 2]
    cdef uint32_t at
    cdef uint64_t hash
    if grams.count == 0 or value.text.len < width:
        return
    for at in range(value.text.len - width + 1):
        hash = _hash(_gram(value.text.ptr + at, width, fold), grams.shift)
        if grams.bits[hash >> 6] >> (hash & 63) & 1:
            _verify(index, grams.heads[hash], value, at, marks)


cdef void _substring_find(const Index *index, const Value *value, Marks *marks) noexcept nogil:
    _search(index, value, 4, 0, marks)
    _search(index, value, 2, 0, marks)
    _search(index, value, 1, 0, marks)


cdef void _isubstring_find(const Index *index, const Value *value, Marks *marks) noexcept nogil:
    _search(index, value, 4, 1, marks)
    _search(index, value, 2, 1, marks)
    _search(index, value, 1, 1, marks)


cdef void _few_find(const Index *index, const Value *value, Marks *marks) noexcept nogil:
    cdef const Value *key
    cdef uint32_t i
    for i in range(index.count):
        key = &index.keys[i]
        if text_has(value.text, key.text, key.rarest):
            index_hit(index, i, marks)


cdef void _few_find_folded(const Index *index, const Value *value, Marks *marks) noexcept nogil:
    cdef const Value *key
    cdef uint32_t i
    for i in range(index.count):
        key = &index.keys[i]
        if text_has_folded(value.text, key.text, key.rarest):
            index_hit(index, i, marks)


# --- Building ---------------------------------------------------------------------------------------------------------

cdef inline uint32_t _width(const Value *key) noexcept nogil:
    return 4 if key.text.len >= 4 else 2 if key.text.len >= 2 else 1


cdef int _make_room(Grams *grams) noexcept nogil:
    cdef uint32_t bits = MIN_BITS, i
    while <uint64_t>1 << bits < BITS_PER_KEY * <uint64_t>grams.count:
        bits += 1
    grams.shift = 64 - bits
    grams.bits = <uint64_t *>calloc(1 << (bits - 6), sizeof(uint64_t))
    grams.heads = <uint32_t *>malloc(sizeof(uint32_t) << bits)
    if grams.bits is NULL or grams.heads is NULL:
        return -1
    for i in range(<uint32_t>1 << bits):
        grams.heads[i] = NO_KEY
    return 0


cdef int grams_build(Index *index) noexcept nogil:
    """Build the table of keys of at least one byte; return -1 without memory."""
    cdef Substrings *table
    cdef const Value *key
    cdef Grams *grams
    cdef uint32_t i, width
    cdef uint64_t hash
    cdef int half
    if index.count <= FEW:
        index.find = _few_find if index.kind == INDEX_SUBSTRING else _few_find_folded
        return 0
    index.table = table = <Substrings *>calloc(1, sizeof(Substrings))
    if table is NULL:
        return -1
    table.fold = index.kind == INDEX_ISUBSTRING
    index.find = _isubstring_find if table.fold else _substring_find
    table.next = <uint32_t *>calloc(index.count + 1, sizeof(uint32_t))
    table.offsets = <uint32_t *>calloc(index.count + 1, sizeof(uint32_t))
    if table.next is NULL or table.offsets is NULL:
        return -1
    for i in range(index.count):
        table.grams[_width(&index.keys[i]) // 2].count += 1
    for half in range(WIDTHS):
        if table.grams[half].count and _make_room(&table.grams[half]) < 0:
            return -1
    for i in range(index.count):
        key = &index.keys[i]
        width = _width(key)
        grams = &table.grams[width // 2]
        table.offsets[i] = text_rarest(key.text, width)
        hash = _hash(_gram(key.text.ptr + table.offsets[i], width, table.fold), grams.shift)
        table.next[i] = grams.heads[hash]
        grams.heads[hash] = i
        grams.bits[hash >> 6] |= <uint64_t>1 << (hash & 63)
    return 0


cdef void grams_free(Index *index) noexcept nogil:
    cdef Substrings *table = <Substrings *>index.table
    cdef int half
    for half in range(WIDTHS):
        free(table.grams[half].bits)
        free(table.grams[half].heads)
    free(table.next)
    free(table.offsets)
    free(table)
