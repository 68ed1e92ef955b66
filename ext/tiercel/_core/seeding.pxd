# SPDX-License-Identifier: Apache-2.0
"""Processes that already run when a sensor starts."""

cimport cython
from libc.stdint cimport uint32_t, uint64_t


@cython.final
cdef class Task:
    cdef public uint32_t tgid
    cdef public uint64_t start_ns
    cdef public uint32_t ptgid
    cdef public uint64_t pstart_ns
    cdef public uint32_t vpid
    cdef public uint32_t pid_ns
    cdef public uint32_t uid
    cdef public uint32_t gid
    cdef public uint32_t loginuid
    cdef public uint64_t cgroup_id
    cdef public long long sid
    cdef public long long pgid
    cdef public long long vpgid
    cdef public uint32_t tty
    cdef public uint64_t pidns_start_ns
    cdef public long long fdlimit
    cdef public tuple faults
    cdef public tuple memory
    cdef public tuple caps
    cdef public bytes comm
    cdef public bint coarse


cpdef uint32_t own_pid_ns() except 0
cpdef uint32_t global_pid(list tasks, uint32_t pid) except? 0
cpdef list tasks_of(const unsigned char[::1] written)
cpdef list tasks_from_proc()
cpdef set family(list tasks, object roots, bint ancestors=*)
