# SPDX-License-Identifier: Apache-2.0
"""Path joining and normalization as in Falco, on text only: symbolic links are not resolved."""

from libc.stdint cimport uint8_t, uint64_t
from libc.string cimport memchr, memcpy

from tiercel._core.util.arena_text cimport arena_take

cdef const char *TOO_LONG = b"/DIR_TOO_LONG/FILENAME_TOO_LONG"


cdef inline bint _is_dots(Slice path, uint32_t at, uint32_t dots) noexcept nogil:
    """Return true if the component at `at` consists of exactly `dots` dots."""
    cdef uint32_t i
    if path.len - at < dots:
        return 0
    for i in range(dots):
        if path.ptr[at + i] != b'.':
            return 0
    return path.len - at == dots or path.ptr[at + dots] == b'/'


cdef inline uint64_t _equal(uint64_t word, uint8_t byte) noexcept nogil:
    """Return a word with the high bit of each byte that equals one."""
    cdef uint64_t low = <uint64_t>0x7f7f7f7f7f7f7f7f
    word ^= byte * <uint64_t>0x0101010101010101
    return ~((word & low) + low | word | low)


cdef bint path_has_run(Slice path) noexcept nogil:
    """Return true if the text has two consecutive slashes."""
    cdef uint64_t before, word
    cdef uint32_t i = 1
    while i + 8 <= path.len:
        memcpy(&before, path.ptr + i - 1, 8)
        memcpy(&word, path.ptr + i, 8)
        if _equal(before, b'/') & _equal(word, b'/'):
            return 1
        i += 8
    while i < path.len:
        if path.ptr[i - 1] == b'/' and path.ptr[i] == b'/':
            return 1
        i += 1
    return 0


cdef bint _is_plain(Slice path) noexcept nogil:
    """Return true if an absolute path is normalized: no empty component and none that starts with a dot."""
    cdef uint64_t before, word
    cdef uint32_t i
    if path.len < 2 or path.ptr[path.len - 1] == b'/':
        return path.len == 1
    i = 1
    while i + 8 <= path.len:
        memcpy(&before, path.ptr + i - 1, 8)
        memcpy(&word, path.ptr + i, 8)
        if _equal(before, b'/') & (_equal(word, b'/') | _equal(word, b'.')):
            return 0
        i += 8
    while i < path.len:
        if path.ptr[i - 1] == b'/' and (path.ptr[i] == b'/' or path.ptr[i] == b'.'):
            return 0
        i += 1
    return 1


cdef bint path_join(Slice base, Slice path, uint32_t limit, Arena *arena, Slice *out) noexcept nogil:
    """Append `path` to `base` and normalize the appended part; 0 if the arena is full.

    The base is copied verbatim, without an extra slash, and is omitted before an absolute or an empty path.  ``.`` and
    repeated slashes are dropped, ``..`` removes the last component (of the base, too), a trailing slash is removed.
    If both together, and one, reach `limit` bytes, the result is a fixed text; 0 for no limit.
    """
    cdef uint8_t *buf
    cdef const uint8_t *slash
    cdef uint32_t n, i = 0, size
    if limit and <uint64_t>base.len + path.len + 1 > limit:
        out.ptr = <const uint8_t *>TOO_LONG
        out.len = 31
        return 1
    if path.len == 0 or path.ptr[0] == b'/':
        base.len = 0
        if path.len and _is_plain(path):
            out[0] = path
            return 1
    buf = arena_take(arena, base.len + path.len)
    if buf is NULL:
        return 0
    if base.len:
        memcpy(buf, base.ptr, base.len)
    n = base.len
    while i < path.len:
        if n == 0 or buf[n - 1] == b'/':
            if path.ptr[i] == b'/':
                if i == 0:
                    buf[n] = b'/'
                    n += 1
                i += 1
                continue
            if _is_dots(path, i, 1):
                i += 1
                continue
            if _is_dots(path, i, 2):
                i += 2
                if n > 1:
                    n -= 1
                    while n and buf[n - 1] != b'/':
                        n -= 1
                continue
        slash = <const uint8_t *>memchr(path.ptr + i, b'/', path.len - i)
        size = path.len - i if slash is NULL else <uint32_t>(slash + 1 - (path.ptr + i))
        memcpy(buf + n, path.ptr + i, size)
        n += size
        i += size
    if n > 1 and buf[n - 1] == b'/':
        n -= 1
    arena.used -= base.len + path.len - n
    out.ptr = buf
    out.len = n
    return 1
