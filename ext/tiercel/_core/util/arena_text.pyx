# SPDX-License-Identifier: Apache-2.0
"""Arena for the derived texts of one event, and a writer that appends to it."""

from libc.stdio cimport snprintf
from libc.stdlib cimport free, malloc
from libc.string cimport memset, strlen
from posix.time cimport time_t


cdef extern from "<arpa/inet.h>" nogil:
    const char *inet_ntop(int family, const void *source, char *out, unsigned int size)


cdef extern from "<sys/socket.h>" nogil:
    enum: AF_INET6


cdef extern from "<time.h>" nogil:
    struct tm:
        int tm_year
    tm *gmtime_r(const time_t *, tm *)
    tm *localtime_r(const time_t *, tm *)
    size_t strftime(char *, size_t, const char *, const tm *)


cdef int arena_init(Arena *arena, uint32_t size) noexcept nogil:
    """Create an empty arena of `size` bytes; -1 without memory."""
    memset(arena, 0, sizeof(Arena))
    arena.base = <uint8_t *>malloc(size)
    if arena.base is NULL:
        return -1
    arena.size = size
    return 0


cdef void arena_free(Arena *arena) noexcept nogil:
    free(arena.base)
    memset(arena, 0, sizeof(Arena))


cdef bint text_end(Text *text, Slice *out) noexcept nogil:
    """Set `out` to the text since `text_begin`; 0, with the room returned and counted, if it did not fit."""
    if text.full:
        text.arena.used = text.start
        text.arena.overflows += 1
        return 0
    out.ptr = text.arena.base + text.start
    out.len = text.arena.used - text.start
    return 1


cdef void text_word(Text *text, const char *word) noexcept nogil:
    text_put(text, word, strlen(word))


cdef void _digits(Text *text, uint64_t number, unsigned int base, int width, const char *alphabet) noexcept nogil:
    """Append `number` in `base`, zero-padded to `width` characters."""
    cdef char digits[24]
    cdef int n = 24
    while number or n == 24:
        n -= 1
        digits[n] = alphabet[number % base]
        number //= base
    while 24 - n < width:
        n -= 1
        digits[n] = b'0'
    text_put(text, digits + n, 24 - n)


cdef void text_uint(Text *text, uint64_t number) noexcept nogil:
    _digits(text, number, 10, 1, b"0123456789")


cdef void text_int(Text *text, int64_t number) noexcept nogil:
    if number < 0:
        text_char(text, b'-')
        _digits(text, <uint64_t>0 - <uint64_t>number, 10, 1, b"0123456789")
    else:
        text_uint(text, <uint64_t>number)


cdef void text_hex(Text *text, uint64_t number, bint upper) noexcept nogil:
    """Append hexadecimal without a prefix."""
    _digits(text, number, 16, 1, b"0123456789ABCDEF" if upper else b"0123456789abcdef")


cdef void text_oct(Text *text, uint64_t number) noexcept nogil:
    """Append octal with a leading 0; zero itself is one digit."""
    if number:
        text_char(text, b'0')
    _digits(text, number, 8, 1, b"01234567")


cdef void text_padded(Text *text, uint64_t number, int width) noexcept nogil:
    """Append decimal, zero-padded to `width` (at most 20) characters."""
    _digits(text, number, 10, width, b"0123456789")


cdef void text_seconds(Text *text, uint64_t ns) noexcept nogil:
    """Append nanoseconds as seconds with six significant digits: ``0.5s``, ``1e-06s``."""
    cdef char digits[32]
    cdef int length = snprintf(digits, 32, "%lgs", <double>ns / 1e9)
    text_put(text, digits, <size_t>length)


cdef void text_printable(Text *text, Slice slice) noexcept nogil:
    """Append bytes, with a dot for each byte that is not printable ASCII."""
    cdef uint32_t i
    for i in range(slice.len):
        text_char(text, <char>slice.ptr[i] if 0x20 <= slice.ptr[i] <= 0x7e else b'.')


cdef void text_address(Text *text, const uint8_t *addr, int family) noexcept nogil:
    """Append an address of AF_INET (4 bytes) or AF_INET6 (16 bytes) as inet_ntop prints it, without brackets."""
    cdef char name[48]
    if family == AF_INET6:
        if inet_ntop(family, addr, name, 48) is not NULL:
            text_word(text, name)
        return
    cdef int i
    for i in range(4):
        if i:
            text_char(text, b'.')
        text_uint(text, addr[i])


# --- Points in time ---------------------------------------------------------------------------------------------------

cdef void _put(Text *text, const char *format, const tm *parts) noexcept nogil:
    cdef char out[40]
    text_put(text, out, strftime(out, sizeof(out), format, parts))


cdef void text_time(Text *text, uint64_t unix_ns, TimeStyle style) noexcept nogil:
    """Append a time in nanoseconds since 1970."""
    cdef time_t seconds = <time_t>(unix_ns // 1_000_000_000)
    cdef tm parts
    if (gmtime_r(&seconds, &parts) if style == TIME_ISO8601 else localtime_r(&seconds, &parts)) is NULL:
        return
    if style == TIME_ISO8601:
        _put(text, b"%Y-%m-%dT%H:%M:%S", &parts)
    elif style == TIME_OF_DAY or style == TIME_OF_DAY_S:
        _put(text, b"%H:%M:%S", &parts)
    else:
        _put(text, b"%Y-%m-%d %H:%M:%S", &parts)
    if style == TIME_OF_DAY_S or style == TIME_DATE_S:
        return
    text_char(text, b'.')
    text_padded(text, unix_ns % 1_000_000_000, 9)
    if style == TIME_ISO8601:
        text_put(text, b"+0000", 5)
    elif style == TIME_DATE_ZONE:
        _put(text, b" %z", &parts)
