# SPDX-License-Identifier: Apache-2.0
"""Byte stream, plain or gzip-compressed, read through a sliding window.

The first two bytes identify compression. As with `gzip -d`, a stream may have several members and trailing zeros.
"""

from libc.errno cimport EINTR, errno
from libc.stdlib cimport calloc, free, malloc, realloc
from libc.string cimport memmove, memset

cdef enum:
    WINDOW = 256 * 1024         # grows only for larger requests, and only as bytes arrive
    INPUT = 64 * 1024
    GZIP_ONLY = 15 + 16


cdef extern from "<unistd.h>" nogil:
    ssize_t read(int fd, void *buffer, size_t count)


cdef extern from "<zlib.h>" nogil:
    enum:
        Z_NO_FLUSH
        Z_OK
        Z_STREAM_END
        Z_BUF_ERROR
        Z_MEM_ERROR
    ctypedef struct z_stream:
        uint8_t *next_in
        unsigned int avail_in
        uint8_t *next_out
        unsigned int avail_out
    int inflateInit2(z_stream *stream, int bits)
    int inflateReset(z_stream *stream)
    int inflate(z_stream *stream, int flush)
    int inflateEnd(z_stream *stream)


cdef int stream_open(Stream *stream, int fd) noexcept nogil:
    """Open a stream at the current position of `fd`; -1 without memory. The caller closes `fd`, after the stream."""
    memset(stream, 0, sizeof(Stream))
    stream.fd = fd
    stream.window = <uint8_t *>malloc(WINDOW)
    stream.size = WINDOW
    return 0 if stream.window is not NULL else -1


cdef void stream_close(Stream *stream) noexcept nogil:
    if stream.inflater is not NULL:
        inflateEnd(<z_stream *>stream.inflater)
    free(stream.inflater)
    free(stream.input)
    free(stream.window)
    memset(stream, 0, sizeof(Stream))


cdef ssize_t _read(Stream *stream, uint8_t *to, size_t room) noexcept nogil:
    """Read up to `room` bytes of the file; 0 with a state at its end, or on an error."""
    cdef ssize_t count = read(stream.fd, to, room)
    if count > 0:
        return count
    if count == 0:
        stream.state = STREAM_END
    elif errno == EINTR:
        stream.state = STREAM_INTERRUPTED
    else:
        stream.state = STREAM_ERRNO
        stream.err = errno
    return 0


cdef bint _begin_gzip(Stream *stream) noexcept nogil:
    """Move the first bytes of a gzip stream from the window to the inflater's input."""
    cdef z_stream *inflater = <z_stream *>calloc(1, sizeof(z_stream))
    stream.inflater = inflater
    stream.input = <uint8_t *>malloc(INPUT)
    if inflater is NULL or stream.input is NULL or inflateInit2(inflater, GZIP_ONLY) != Z_OK:
        free(inflater)
        stream.inflater = NULL
        stream.state = STREAM_NO_MEMORY
        return 0
    memmove(stream.input, stream.window, stream.end)
    inflater.next_in = stream.input
    inflater.avail_in = <unsigned int>stream.end
    stream.end = 0
    stream.is_gzip = 1
    return 1


cdef bint _sniff(Stream *stream) noexcept nogil:
    """Read the first bytes and detect compression; 0 if there are none."""
    cdef ssize_t count
    while stream.end < 2:
        # At most the inflater's input buffer.
        count = _read(stream, stream.window + stream.end, INPUT - stream.end)
        if count == 0:
            break
        stream.end += count
    if stream.state == STREAM_INTERRUPTED:
        return 0
    stream.sniffed = 1
    if stream.end >= 2 and stream.window[0] == 0x1f and stream.window[1] == 0x8b:
        return _begin_gzip(stream)
    return stream.end > 0


cdef bint _next_member(Stream *stream, z_stream *inflater) noexcept nogil:
    """Advance to the next gzip member, if there is one."""
    cdef ssize_t count
    while True:
        while inflater.avail_in and inflater.next_in[0] == 0:
            inflater.next_in += 1
            inflater.avail_in -= 1
        if inflater.avail_in:
            break
        count = _read(stream, stream.input, INPUT)
        if count == 0:
            return 0
        inflater.next_in = stream.input
        inflater.avail_in = <unsigned int>count
    if inflater.next_in[0] != 0x1f:
        stream.state = STREAM_GZIP_TRAILING
        return 0
    inflateReset(inflater)
    stream.between_members = 0
    return 1


cdef size_t _inflate(Stream *stream, uint8_t *to, size_t room) noexcept nogil:
    """Read the next uncompressed bytes; 0 with a state if there are none."""
    cdef z_stream *inflater = <z_stream *>stream.inflater
    cdef ssize_t count
    cdef int got
    inflater.next_out = to
    inflater.avail_out = <unsigned int>room
    while inflater.avail_out == room:
        if stream.between_members and not _next_member(stream, inflater):
            return 0
        if inflater.avail_in == 0:
            count = _read(stream, stream.input, INPUT)
            if count == 0:
                if stream.state == STREAM_END:
                    stream.state = STREAM_GZIP_TRUNCATED
                return 0
            inflater.next_in = stream.input
            inflater.avail_in = <unsigned int>count
        got = inflate(inflater, Z_NO_FLUSH)
        if got == Z_STREAM_END:
            stream.between_members = 1
        elif got == Z_MEM_ERROR:
            stream.state = STREAM_NO_MEMORY
            break
        elif got != Z_OK and got != Z_BUF_ERROR:
            # Return output from before the damage first.
            stream.state = STREAM_GZIP_DAMAGED
            break
    return room - inflater.avail_out


cdef bint _make_room(Stream *stream) noexcept nogil:
    """Free some of the window: move the rest to its front, or double it."""
    cdef uint8_t *bigger
    if stream.at:
        memmove(stream.window, stream.window + stream.at, stream.end - stream.at)
        stream.end -= stream.at
        stream.at = 0
        return 1
    bigger = <uint8_t *>realloc(stream.window, 2 * stream.size)
    if bigger is NULL:
        stream.state = STREAM_NO_MEMORY
        return 0
    stream.window = bigger
    stream.size *= 2
    return 1


cdef bint stream_fill(Stream *stream, size_t want) noexcept nogil:
    """Read until the window has `want` bytes; 0, with a state, if the stream ends before."""
    cdef size_t room, count
    if stream.state == STREAM_INTERRUPTED:
        stream.state = STREAM_MORE
    if not stream.sniffed and not _sniff(stream):
        return 0
    while stream.end - stream.at < want:
        if stream.state != STREAM_MORE:
            return 0
        if stream.end == stream.size and not _make_room(stream):
            return 0
        room = stream.size - stream.end
        count = (
            _inflate(stream, stream.window + stream.end, room)
            if stream.is_gzip
            else _read(stream, stream.window + stream.end, room)
        )
        stream.end += count
    return 1


cdef uint64_t stream_skip(Stream *stream, uint64_t count) noexcept nogil:
    """Skip `count` bytes; return the number of bytes not skipped if the stream ends before."""
    cdef size_t step
    while count and stream_has(stream, 1):
        step = stream.end - stream.at
        if step > count:
            step = <size_t>count
        stream_take(stream, step)
        count -= step
    return count
