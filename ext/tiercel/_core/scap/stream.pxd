# SPDX-License-Identifier: Apache-2.0
"""Byte stream, plain or gzip-compressed, read through a sliding window."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint64_t


cdef enum:
    # Reasons for the end of the stream.
    STREAM_MORE = 0
    STREAM_END = 1
    STREAM_ERRNO = 2            # read error: `err`
    STREAM_GZIP_DAMAGED = 3
    STREAM_GZIP_TRUNCATED = 4
    STREAM_GZIP_TRAILING = 5    # trailing data that is not a gzip member
    STREAM_NO_MEMORY = 6
    STREAM_INTERRUPTED = 7      # interrupted by a signal; a new fill continues

cdef struct Stream:
    int fd
    int state                   # STREAM_*
    int err
    uint8_t sniffed
    uint8_t is_gzip
    uint8_t between_members     # gzip: the last member has ended
    uint64_t offset             # of the next byte in the uncompressed stream
    uint8_t *window
    size_t size
    size_t at                   # next byte
    size_t end
    uint8_t *input              # compressed bytes not yet inflated
    void *inflater              # z_stream


cdef int stream_open(Stream *stream, int fd) noexcept nogil
cdef void stream_close(Stream *stream) noexcept nogil
cdef bint stream_fill(Stream *stream, size_t want) noexcept nogil
cdef uint64_t stream_skip(Stream *stream, uint64_t count) noexcept nogil

cdef inline bint stream_has(Stream *stream, size_t want) noexcept nogil:
    """Fill the window with the next `want` bytes; 0 if the stream ends before, or cannot be read."""
    return stream.end - stream.at >= want or stream_fill(stream, want)

cdef inline const uint8_t *stream_take(Stream *stream, size_t count) noexcept nogil:
    """Return the next `count` bytes of the window; valid until it is filled again."""
    cdef const uint8_t *taken = stream.window + stream.at
    stream.at += count
    stream.offset += count
    return taken
