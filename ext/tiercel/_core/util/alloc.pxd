# SPDX-License-Identifier: Apache-2.0
"""Memory for what is made of the compiler's tables."""

from libc.stdlib cimport calloc


cdef inline void *block_new(size_t count, size_t size) except NULL:
    """Room for some structs, of which there may be none, all zero; freed with free()."""
    cdef void *block = calloc(count + 1, size)
    if block is NULL:
        raise MemoryError
    return block
