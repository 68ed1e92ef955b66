# SPDX-License-Identifier: Apache-2.0
"""Container ids in cgroup paths."""

from libc.stdint cimport uint8_t

from tiercel._core.util.slice cimport Slice


cdef enum:
    MATCHER_NONE = 0
    MATCHER_PODMAN = 1
    MATCHER_DOCKER = 2
    MATCHER_CRI = 3
    MATCHER_CONTAINERD = 4
    MATCHER_LXC = 5
    MATCHER_LIBVIRT_LXC = 6
    MATCHER_BPM = 7

# A cgroup of a container.
cdef struct CgroupName:
    Slice id                # the container's id, borrowed from the path
    Slice path
    uint8_t matcher         # MATCHER_*: layout that matched; a full id without a prefix may belong to any engine


cdef bint cgroup_container(Slice path, CgroupName *out) noexcept nogil
cdef bint cgroups_container(Slice cgroups, CgroupName *out) noexcept nogil
