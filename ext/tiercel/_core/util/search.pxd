# SPDX-License-Identifier: Apache-2.0
"""Substring search."""

from libc.stdint cimport uint8_t, uint32_t

from tiercel._core.util.slice cimport Slice


cdef uint32_t text_rarest(Slice text, uint32_t width) noexcept nogil
cdef bint text_has(Slice text, Slice needle, uint32_t rarest) noexcept nogil
cdef bint text_has_folded(Slice text, Slice needle, uint32_t rarest) noexcept nogil
