# SPDX-License-Identifier: Apache-2.0
"""Names of addresses, as far as rules compare with them."""

from libc.stdint cimport int32_t, uint8_t

from tiercel._core.util.slice cimport Slice


cdef bint dns_name(int family, const uint8_t *addr, int32_t place, Slice *out) noexcept nogil
