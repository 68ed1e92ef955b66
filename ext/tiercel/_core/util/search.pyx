# SPDX-License-Identifier: Apache-2.0
"""Substring search.

The search starts from the byte of the needle that is likely to be the rarest. libc finds single bytes many at a time;
most texts lack that byte, which ends the search.
"""

from libc.string cimport memchr, memcmp

from tiercel._core.util.slice cimport memmem
from tiercel._core.util.strmatch cimport ascii_lower

cdef enum:
    MISSES_MAX = 8          # mismatches at the rarest byte before the search switches to memmem

# The bytes of paths and command lines by descending frequency: counted in a capture of builds, shells and servers, each
# text once, with the spaces between arguments.
cdef bytes _FREQUENT = b"/ secniolrudapth-.bmgx_64vy123f+8jw0k597qz"

cdef uint8_t FREQUENCY[256]     # by byte, in lower case: 0 for bytes not listed above
for _byte in range(256):
    FREQUENCY[_byte] = 0
    if bytes([_byte]).lower() in _FREQUENT:
        FREQUENCY[_byte] = <uint8_t>(len(_FREQUENT) - _FREQUENT.index(bytes([_byte]).lower()))


cdef uint32_t text_rarest(Slice text, uint32_t width) noexcept nogil:
    """Return the offset of the `width` adjacent bytes that are likely the rarest of a text at least as long."""
    cdef uint32_t at, i, sum, best = 0, least = 0xffff_ffff
    for at in range(text.len - width + 1):
        sum = 0
        for i in range(width):
            sum += FREQUENCY[text.ptr[at + i]]
        if sum < least:
            least = sum
            best = at
    return best


cdef bint text_has(Slice text, Slice needle, uint32_t rarest) noexcept nogil:
    """Return true if the text contains the needle; `rarest` is the offset of its rarest byte, if known."""
    cdef const uint8_t *at
    cdef const uint8_t *end
    cdef int _
    if needle.len == 0:
        return 1
    if needle.len > text.len:
        return 0
    if rarest >= needle.len:
        rarest = 0
    at = text.ptr + rarest
    end = at + (text.len - needle.len + 1)
    for _ in range(MISSES_MAX):
        at = <const uint8_t *>memchr(at, needle.ptr[rarest], <size_t>(end - at))
        if at is NULL:
            return 0
        if memcmp(at - rarest, needle.ptr, needle.len) == 0:
            return 1
        at += 1
        if at == end:
            return 0
    at -= rarest
    return memmem(at, <size_t>(text.ptr + text.len - at), needle.ptr, needle.len) is not NULL


cdef inline bint _is_folded(const uint8_t *text, Slice needle) noexcept nogil:
    """Return true if the needle is at `at`, ignoring ASCII case."""
    cdef uint32_t i
    for i in range(needle.len):
        if ascii_lower(text[i]) != ascii_lower(needle.ptr[i]):
            return 0
    return 1


cdef inline const uint8_t *_seek(const uint8_t *at, const uint8_t *end, uint8_t byte) noexcept nogil:
    """Return the position of a byte; `end` if it does not occur."""
    cdef const void *found = memchr(at, byte, <size_t>(end - at))
    return end if found is NULL else <const uint8_t *>found


cdef bint text_has_folded(Slice text, Slice needle, uint32_t rarest) noexcept nogil:
    """Search as `text_has`, ignoring ASCII case."""
    cdef const uint8_t *small
    cdef const uint8_t *capital
    cdef const uint8_t *at
    cdef const uint8_t *end
    cdef uint8_t byte, other
    if needle.len == 0:
        return 1
    if needle.len > text.len:
        return 0
    if rarest >= needle.len:
        rarest = 0
    byte = ascii_lower(needle.ptr[rarest])
    other = byte - 32 if b'a' <= byte <= b'z' else byte
    at = text.ptr + rarest
    end = at + (text.len - needle.len + 1)
    small = _seek(at, end, byte)
    capital = _seek(at, end, other) if other != byte else end
    while True:
        at = small if small < capital else capital
        if at == end:
            return 0
        if _is_folded(at - rarest, needle):
            return 1
        if at == small:
            small = _seek(at + 1, end, byte)
        else:
            capital = _seek(at + 1, end, other)
