# SPDX-License-Identifier: Apache-2.0
"""Shell patterns and substring search."""

from libc.stdint cimport uint8_t, uint32_t

from tiercel._core.util.slice cimport Slice


cdef inline uint8_t ascii_lower(uint8_t c) noexcept nogil:
    return c + 32 if b'A' <= c <= b'Z' else c


cdef bint glob_has(Slice pattern) noexcept nogil
cdef bint glob_match(Slice pattern, Slice text, bint fold) noexcept nogil
cdef bint path_match(Slice prefix, bint has_glob, Slice path) noexcept nogil
cdef uint32_t text_rarest(Slice text, uint32_t width) noexcept nogil
cdef bint text_has(Slice text, Slice needle, uint32_t rarest) noexcept nogil
cdef bint text_has_folded(Slice text, Slice needle, uint32_t rarest) noexcept nogil
