# SPDX-License-Identifier: Apache-2.0
"""Updates of the process table from records."""

from libc.stdint cimport uint32_t, uint64_t

from tiercel._core.state.process cimport Proc, State
from tiercel._core.util.slice cimport Slice
from tiercel._core.wire.events_gen cimport ev_hdr


cdef Proc *process_table_apply(State *state, const ev_hdr *hdr) noexcept nogil
cdef void proc_apply_cgroups(State *state, Proc *proc, uint64_t cgroup_id, Slice cgroups) noexcept nogil
cdef Proc *proc_parent_of_seed(State *state, uint32_t tgid, uint64_t start_ns, const Proc *child) noexcept nogil
cdef void state_lock(State *state) noexcept nogil
cdef void state_unlock(State *state) noexcept nogil
