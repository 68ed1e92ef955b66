# SPDX-License-Identifier: Apache-2.0
"""Userspace side of the `cgroup_verdict` map.

The probe has only the key of a thread's control groups. The core classifies a new key by the names of the groups, and
writes the number of the host or of the container to the map. An entry stays valid, because the kernel never reuses a
key. The probe reports events with a key that is missing from the map.

A container with the id "host" gets no entry: the filter takes that id for the host.
"""

from libc.stdint cimport uint32_t

from tiercel._core.state.container cimport CONTAINER_HOST, Container, container_id, containers_of_key
from tiercel._core.util.slice cimport slice_equal, slice_of


cdef extern from *:
    """
    #include <linux/bpf.h>
    #include <string.h>
    #include <sys/syscall.h>
    #include <unistd.h>

    /* Set one key of a BPF map; libbpf stays out of the drain thread. */
    static inline int tiercel_map_set(int fd, const void *key, const void *value)
    {
        union bpf_attr attr;

        memset(&attr, 0, sizeof(attr));
        attr.map_fd = fd;
        attr.key = (unsigned long)key;
        attr.value = (unsigned long)value;
        return (int)syscall(SYS_bpf, BPF_MAP_UPDATE_ELEM, &attr, sizeof(attr));
    }
    """
    int tiercel_map_set(int fd, const void *key, const void *value) noexcept nogil


cdef inline uint32_t _place(uint64_t key) noexcept nogil:
    """Return the first of the two places of a key; its neighbour is the second."""
    return <uint32_t>((key * 0x9e3779b97f4a7c15u) >> 32) & (CGROUP_MAP_PLACES - 1)


cdef void _update(CgroupMap *map, const State *state, uint64_t key) noexcept nogil:
    """Write the classification of a key to the map, if it is known."""
    cdef const Container *container = containers_of_key(&state.containers, key)
    cdef uint32_t place = _place(key), number
    # With a configured single container, ring quotas are per control group.
    if container is NULL or container is state.containers.static_container:
        return
    if container.number != CONTAINER_HOST and slice_equal(container_id(container), slice_of(b"host")):
        return
    number = container.number
    if tiercel_map_set(map.fd, &key, &number) == 0:
        map.written[place ^ 1] = map.written[place]
        map.written[place] = key


cdef void cgroup_map_note(CgroupMap *map, const State *state, uint64_t key) noexcept nogil:
    """Write the classification of a record's key, once it is known; recently written keys are skipped."""
    cdef uint32_t place = _place(key)
    if map.fd >= 0 and key and map.written[place] != key and map.written[place ^ 1] != key:
        _update(map, state, key)


cdef bint cgroup_map_hides(CgroupMap *map, const State *state, const ev_hdr *hdr, const Proc *proc) noexcept nogil:
    """Return whether the scope "containers" hides an event of the host.

    If so, write the map again: its LRU eviction may have removed the key.
    """
    if not map.only_containers or proc is NULL or proc.container != state.host:
        return 0
    _update(map, state, hdr.cgroup_id)
    return 1
