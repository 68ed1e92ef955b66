# SPDX-License-Identifier: Apache-2.0
"""Table of host names that rules compare with, and their addresses."""

from libc.stdint cimport int32_t, uint8_t

from tiercel._core.util.slice cimport Slice


cdef bint dns_name(int family, const uint8_t *addr, int32_t place, Slice *out) noexcept nogil
