# SPDX-License-Identifier: Apache-2.0
"""A stream of bytes, plain or compressed by gzip, read through one window that moves over it.

Whether it is compressed shows in the first two bytes. A gzip stream may have several members, one behind the other,
and zeros after the last one, as `gzip -d` allows.
"""

from libc.errno cimport EINTR, errno
from libc.stdlib cimport calloc, free, malloc, realloc
from libc.string cimport memmove, memset

cdef enum:
    WINDOW = 256 * 1024         # grows only for what asks for more, and only as bytes arrive
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
    """Read `fd` from where it stands; -1 without memory. The caller closes `fd`, after the stream."""
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
    """What the file has next, at most `room` bytes; 0 with a state at its end, or when it cannot be read."""
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
    """The window holds the first bytes of a gzip stream: they become its input."""
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
    """Read the first bytes and see what they are; 0 if there are none."""
    cdef ssize_t count
    while stream.end < 2:
        # No more than the inflater's input can hold.
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
    """Between two members of a gzip stream: go on to the next one, if there is one."""
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
    """The next uncompressed bytes; 0 with a state when there are none."""
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
            # What came out before the damage is handed out first.
            stream.state = STREAM_GZIP_DAMAGED
            break
    return room - inflater.avail_out


cdef bint _make_room(Stream *stream) noexcept nogil:
    """Free some of the window: move what is left to its front, else double it."""
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
    """Read until `want` bytes stand in the window; 0, with a state, if there are not so many."""
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
    """Pass over `count` bytes; returns how many of them are still to come if the stream ends before."""
    cdef size_t step
    while count and stream_has(stream, 1):
        step = stream.end - stream.at
        if step > count:
            step = <size_t>count
        stream_take(stream, step)
        count -= step
    return count
