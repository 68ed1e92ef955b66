# SPDX-License-Identifier: Apache-2.0
"""Points in time as text."""

from posix.time cimport time_t

from tiercel._core.util.text cimport text_char, text_padded, text_put


cdef extern from "<time.h>" nogil:
    struct tm:
        int tm_year
    tm *gmtime_r(const time_t *, tm *)
    tm *localtime_r(const time_t *, tm *)
    size_t strftime(char *, size_t, const char *, const tm *)


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
