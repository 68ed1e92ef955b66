# SPDX-License-Identifier: Apache-2.0
"""Arena for the derived texts of one event, and a writer that appends to it.

An `Arena` is one block with a bump allocator that is reset before the next event. A `Text` grows at its end: begin,
append, end. Only one text can grow at a time; allocate before the text begins.
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy

from tiercel._core.util.slice cimport Slice


cdef struct Arena:
    uint8_t *base
    uint32_t size
    uint32_t used
    uint64_t overflows      # texts that are missing for want of room

cdef struct Text:
    Arena *arena
    uint32_t start
    bint full


cdef enum TimeStyle:
    TIME_ISO8601            # 2026-11-24T09:00:00.123456789+0000, in UTC
    TIME_OF_DAY             # 09:00:00.123456789, local like the following
    TIME_OF_DAY_S           # 09:00:00
    TIME_DATE               # 2026-11-24 09:00:00.123456789
    TIME_DATE_S             # 2026-11-24 09:00:00
    TIME_DATE_ZONE          # 2026-11-24 09:00:00.123456789 +0100


cdef int arena_init(Arena *arena, uint32_t size) noexcept nogil
cdef void arena_free(Arena *arena) noexcept nogil

cdef inline uint8_t *arena_take(Arena *arena, size_t size) noexcept nogil:
    """Allocate `size` bytes, valid until the arena is reset; NULL, and counted, without room."""
    cdef uint8_t *taken
    if size > arena.size - arena.used:
        arena.overflows += 1
        return NULL
    taken = arena.base + arena.used
    arena.used += <uint32_t>size
    return taken

cdef inline void *arena_take_aligned(Arena *arena, size_t size) noexcept nogil:
    """Allocate `size` bytes aligned to 8, for data other than text."""
    cdef uint32_t padding = -arena.used & 7
    cdef uint8_t *taken = arena_take(arena, size + padding)
    return taken + padding if taken is not NULL else NULL

cdef inline void text_begin(Text *text, Arena *arena) noexcept nogil:
    text.arena = arena
    text.start = arena.used
    text.full = 0

cdef inline void text_put(Text *text, const void *data, size_t size) noexcept nogil:
    cdef Arena *arena = text.arena
    if size > arena.size - arena.used:
        text.full = 1
    elif size:
        memcpy(arena.base + arena.used, data, size)
        arena.used += <uint32_t>size

cdef inline void text_slice(Text *text, Slice slice) noexcept nogil:
    text_put(text, slice.ptr, slice.len)

cdef inline void text_char(Text *text, char character) noexcept nogil:
    text_put(text, &character, 1)

cdef bint text_end(Text *text, Slice *out) noexcept nogil
cdef void text_word(Text *text, const char *word) noexcept nogil
cdef void text_uint(Text *text, uint64_t number) noexcept nogil
cdef void text_int(Text *text, int64_t number) noexcept nogil
cdef void text_hex(Text *text, uint64_t number, bint upper) noexcept nogil
cdef void text_oct(Text *text, uint64_t number) noexcept nogil
cdef void text_padded(Text *text, uint64_t number, int width) noexcept nogil
cdef void text_seconds(Text *text, uint64_t ns) noexcept nogil
cdef void text_printable(Text *text, Slice slice) noexcept nogil
cdef void text_address(Text *text, const uint8_t *addr, int family) noexcept nogil
cdef void text_time(Text *text, uint64_t unix_ns, TimeStyle style) noexcept nogil
