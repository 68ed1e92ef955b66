# SPDX-License-Identifier: Apache-2.0
"""What the kernel is told of control groups: whose they are."""

from libc.stdint cimport uint64_t

from tiercel._core.state.process cimport Proc, State
from tiercel._core.wire.events_gen cimport ev_hdr

cdef enum:
    VERDICT_PLACES = 4096   # a power of two

cdef struct Verdicts:
    int fd                  # the map; -1: the kernel is told nothing
    bint only_containers    # the scope "containers": events of the host are of interest to nobody
    uint64_t told[VERDICT_PLACES]   # keys that it was told of, each at one of two places


cdef void verdict_note(Verdicts *verdicts, const State *state, uint64_t key) noexcept nogil
cdef bint verdict_hides(Verdicts *verdicts, const State *state, const ev_hdr *hdr, const Proc *proc) noexcept nogil
