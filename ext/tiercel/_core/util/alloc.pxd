# SPDX-License-Identifier: Apache-2.0
"""Allocation of zeroed arrays, and return of freed memory to the system."""

from libc.stdlib cimport calloc


cdef extern from *:
    """
    #include <malloc.h>

    /* Return freed memory: glibc keeps it for later allocations, which will be smaller. */
    static inline void memory_give_back(void)
    {
    #ifdef __GLIBC__
        malloc_trim(0);
    #endif
    }
    """
    void memory_give_back() noexcept nogil


cdef inline void *block_new(size_t count, size_t size) except NULL:
    """Allocate zeroed structs, possibly none; freed with free()."""
    cdef void *block = calloc(count + 1, size)
    if block is NULL:
        raise MemoryError
    return block
