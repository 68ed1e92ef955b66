# SPDX-License-Identifier: Apache-2.0
"""A stream of bytes, plain or compressed by gzip, read through one window that moves over it."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint64_t


cdef enum:
    # Why a stream has no more bytes.
    STREAM_MORE = 0
    STREAM_END = 1
    STREAM_ERRNO = 2            # the file could not be read: `err`
    STREAM_GZIP_DAMAGED = 3
    STREAM_GZIP_TRUNCATED = 4
    STREAM_GZIP_TRAILING = 5    # something that is no gzip member stands behind one
    STREAM_NO_MEMORY = 6
    STREAM_INTERRUPTED = 7      # by a signal; filling again goes on

cdef struct Stream:
    int fd
    int state                   # STREAM_*
    int err
    uint8_t sniffed
    uint8_t is_gzip
    uint8_t between_members     # of a gzip stream: its last member has ended
    uint64_t offset             # of the next byte in the uncompressed stream
    uint8_t *window
    size_t size
    size_t at                   # next byte
    size_t end
    uint8_t *input              # compressed bytes that wait
    void *inflater              # z_stream


cdef int stream_open(Stream *stream, int fd) noexcept nogil
cdef void stream_close(Stream *stream) noexcept nogil
cdef bint stream_fill(Stream *stream, size_t want) noexcept nogil
cdef uint64_t stream_skip(Stream *stream, uint64_t count) noexcept nogil

cdef inline bint stream_has(Stream *stream, size_t want) noexcept nogil:
    """Make the next `want` bytes stand in the window; 0 if the stream ends before, or cannot be read."""
    return stream.end - stream.at >= want or stream_fill(stream, want)

cdef inline const uint8_t *stream_take(Stream *stream, size_t count) noexcept nogil:
    """The next `count` bytes, which stand in the window; valid until it is filled again."""
    cdef const uint8_t *taken = stream.window + stream.at
    stream.at += count
    stream.offset += count
    return taken
