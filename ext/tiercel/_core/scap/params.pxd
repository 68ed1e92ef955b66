# SPDX-License-Identifier: Apache-2.0
"""Params of a capture event. An empty or missing param reads as 0."""

from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.string cimport memcmp, memcpy

from tiercel._core.scap.reader cimport ScapEvent
from tiercel._core.util.slice cimport Slice, slice_of, slice_text


cdef inline bint scap_has(const ScapEvent *event, uint32_t index) noexcept nogil:
    """Return true if the param has a value."""
    return index < event.nparams and event.params[index].len > 0

cdef inline uint64_t scap_u64(const ScapEvent *event, uint32_t index) noexcept nogil:
    """Return an unsigned number of up to 8 bytes."""
    cdef uint64_t number = 0
    if scap_has(event, index):
        memcpy(&number, event.params[index].ptr, min(event.params[index].len, <uint32_t>sizeof(number)))
    return number

cdef inline uint32_t scap_u32(const ScapEvent *event, uint32_t index) noexcept nogil:
    return <uint32_t>scap_u64(event, index)

cdef inline int64_t scap_i64(const ScapEvent *event, uint32_t index) noexcept nogil:
    """Return a signed number of 8 bytes."""
    return <int64_t>scap_u64(event, index)

cdef inline Slice scap_bytes(const ScapEvent *event, uint32_t index) noexcept nogil:
    if scap_has(event, index):
        return event.params[index]
    return slice_of(b"")

cdef inline Slice scap_text(const ScapEvent *event, uint32_t index) noexcept nogil:
    """Return a text without its NUL; ``<NA>``, as in Falco, if it is empty."""
    cdef Slice text
    if not scap_has(event, index):
        return slice_of(b"<NA>")
    text = slice_text(event.params[index])
    if event.params[index].len == 7 and memcmp(text.ptr, <const char *>b"(NULL)", 6) == 0:
        return slice_of(b"<NA>")
    return text

cdef inline Slice scap_words(const ScapEvent *event, uint32_t index) noexcept nogil:
    """Return texts separated by NUL, without the last NUL."""
    cdef Slice words = scap_bytes(event, index)
    if words.len and words.ptr[words.len - 1] == 0:
        words.len -= 1
    return words
