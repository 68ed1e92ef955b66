# SPDX-License-Identifier: Apache-2.0
"""Run times of threads, from context switches."""

from libc.stdint cimport uint64_t

from tiercel._core.state.process cimport Proc, State
from tiercel._core.wire.events_gen cimport ev_hdr


cdef void runtimes_switch(State *state, const Proc *proc, const ev_hdr *hdr) noexcept nogil
cdef uint64_t runtimes_total(const State *state, const Proc *proc, const ev_hdr *hdr) noexcept nogil
