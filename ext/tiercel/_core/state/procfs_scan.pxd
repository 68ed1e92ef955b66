# SPDX-License-Identifier: Apache-2.0
"""Snapshot of the processes that run when a sensor starts."""

cimport cython
from libc.stdint cimport uint32_t, uint64_t

from tiercel._core.wire.events_gen cimport ev_proc_seed


# View of one record of the task iterator. There may be thousands, and most are only read for their id.
@cython.final
cdef class ProcSnapshot:
    cdef bytes record
    cdef const ev_proc_seed *seed
    cdef readonly bint coarse


cpdef uint32_t own_pid_ns() except 0
cpdef uint32_t global_pid(list snapshots, uint32_t pid) except? 0
cpdef list snapshots_of(bytes written)
cpdef list snapshots_from_proc()
cpdef list with_hidden_parents(list snapshots)
cpdef set family(list snapshots, object roots, bint ancestors=*)
