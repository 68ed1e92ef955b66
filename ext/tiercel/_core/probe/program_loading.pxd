# SPDX-License-Identifier: Apache-2.0
"""What is to be thought of when programs are loaded: who loads which, signals, and the memory that it took."""

from posix.signal cimport sigset_t


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


cdef list shares(object names, int most)
cdef void signals_hold(sigset_t *before) noexcept nogil
cdef void signals_release(const sigset_t *before) noexcept nogil
