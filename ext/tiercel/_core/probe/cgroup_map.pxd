# SPDX-License-Identifier: Apache-2.0
"""Userspace side of the `cgroup_verdict` map."""

from libc.stdint cimport uint64_t

from tiercel._core.state.process cimport Proc, State
from tiercel._core.wire.events_gen cimport ev_hdr

cdef enum:
    CGROUP_MAP_PLACES = 4096    # a power of two

cdef struct CgroupMap:
    int fd                  # descriptor of the map; -1: no updates
    bint only_containers    # scope "containers": drop events of the host
    uint64_t written[CGROUP_MAP_PLACES]     # recently written keys, each at one of two places


cdef void cgroup_map_note(CgroupMap *map, const State *state, uint64_t key) noexcept nogil
cdef bint cgroup_map_hides(CgroupMap *map, const State *state, const ev_hdr *hdr, const Proc *proc) noexcept nogil
