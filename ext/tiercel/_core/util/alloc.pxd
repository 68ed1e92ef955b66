# SPDX-License-Identifier: Apache-2.0
"""Allocation of the tables of a program, and return of freed memory to the system."""

from libc.stdlib cimport calloc


cdef extern from *:
    """
    #include <malloc.h>

    /* Give back what was freed: glibc keeps it for the next allocations, which will be smaller. */
    static inline void memory_give_back(void)
    {
    #ifdef __GLIBC__
        malloc_trim(0);
    #endif
    }
    """
    void memory_give_back() noexcept nogil


cdef inline void *block_new(size_t count, size_t size) except NULL:
    """Room for some structs, of which there may be none, all zero; freed with free()."""
    cdef void *block = calloc(count + 1, size)
    if block is NULL:
        raise MemoryError
    return block
