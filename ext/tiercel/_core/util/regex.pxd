# SPDX-License-Identifier: Apache-2.0
"""Regular expressions by RE2, as in Falco."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t


cdef bint regex_match(const void *compiled, const uint8_t *text, size_t size) noexcept nogil
cdef Regex regex_compile(bytes pattern)


cdef class Regex:
    cdef void *compiled
    cdef object __weakref__
