# SPDX-License-Identifier: Apache-2.0
"""Borrowed bytes: a pointer and a length."""

from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memchr, memcmp, strlen


# Borrowed bytes. ptr NULL: absent; len 0 with a ptr: empty.
cdef struct Slice:
    const uint8_t *ptr
    uint32_t len


cdef extern from *:
    """
    #include <string.h>
    static inline const void *tiercel_memmem(const void *hay, size_t hay_len, const void *needle, size_t needle_len)
    {
        return memmem(hay, hay_len, needle, needle_len);
    }
    """
    const void *memmem "tiercel_memmem"(const void *, size_t, const void *, size_t) noexcept nogil


cdef inline Slice slice_text(Slice slice) noexcept nogil:
    """Return the slice up to its first NUL."""
    cdef const void *end = memchr(slice.ptr, 0, slice.len) if slice.len else NULL
    if end is not NULL:
        slice.len = <uint32_t>(<const uint8_t *>end - slice.ptr)
    return slice


cdef inline Slice slice_none() noexcept nogil:
    cdef Slice none
    none.ptr = NULL
    none.len = 0
    return none


cdef inline Slice slice_of(const char *text) noexcept nogil:
    """Return a slice of a C string."""
    cdef Slice slice
    slice.ptr = <const uint8_t *>text
    slice.len = <uint32_t>strlen(text)
    return slice


cdef inline bint slice_equal(Slice a, Slice b) noexcept nogil:
    return a.len == b.len and (a.len == 0 or memcmp(a.ptr, b.ptr, a.len) == 0)


cdef inline bint slice_is_absolute(Slice path) noexcept nogil:
    return path.len > 0 and path.ptr[0] == b'/'


cdef inline bint slice_starts(Slice slice, Slice head) noexcept nogil:
    return slice.len >= head.len and (head.len == 0 or memcmp(slice.ptr, head.ptr, head.len) == 0)


cdef inline bint slice_ends(Slice slice, const char *tail, uint32_t length) noexcept nogil:
    return slice.len >= length and (length == 0 or memcmp(slice.ptr + (slice.len - length), tail, length) == 0)


cdef inline int slice_find(Slice hay, Slice needle) noexcept nogil:
    """Return the offset of the first `needle` in `hay`; -1 if it does not occur."""
    cdef const void *at
    if needle.len == 0:
        return 0
    if needle.len > hay.len:
        return -1
    at = memmem(hay.ptr, hay.len, needle.ptr, needle.len)
    return -1 if at is NULL else <int>(<const uint8_t *>at - hay.ptr)


cdef inline int slice_find_last(Slice hay, Slice needle) noexcept nogil:
    """Return the offset of the last `needle` in `hay`; -1 if it does not occur."""
    cdef uint32_t at
    if needle.len > hay.len:
        return -1
    at = hay.len - needle.len + 1
    while at:
        at -= 1
        if needle.len == 0 or memcmp(hay.ptr + at, needle.ptr, needle.len) == 0:
            return <int>at
    return -1


cdef inline uint64_t bytes_hash(const uint8_t *data, uint32_t length) noexcept nogil:
    """FNV-1a, for tables whose keys are short."""
    cdef uint64_t hash = <uint64_t>0xcbf29ce484222325
    cdef uint32_t i
    for i in range(length):
        hash = (hash ^ data[i]) * <uint64_t>0x100000001b3
    return hash
