# SPDX-License-Identifier: Apache-2.0
"""System clocks as integers."""

from libc.stdint cimport int64_t, uint64_t
from posix.time cimport CLOCK_MONOTONIC, clock_gettime, clockid_t, timespec


cdef extern from "<time.h>" nogil:
    enum: CLOCK_BOOTTIME
    enum: CLOCK_THREAD_CPUTIME_ID


cdef inline uint64_t clock_ns(clockid_t clock) noexcept nogil:
    cdef timespec ts
    clock_gettime(clock, &ts)
    return <uint64_t>ts.tv_sec * 1_000_000_000 + <uint64_t>ts.tv_nsec


cdef inline uint64_t boot_now() noexcept nogil:
    """CLOCK_BOOTTIME in ns: the clock of the records."""
    return clock_ns(CLOCK_BOOTTIME)


cdef inline int64_t clock_ms() noexcept nogil:
    """CLOCK_MONOTONIC in ms: for timeouts."""
    return <int64_t>(clock_ns(CLOCK_MONOTONIC) // 1_000_000)
