# SPDX-License-Identifier: Apache-2.0
"""What the kernel is told of control groups: whose they are.

The probe knows the key of a thread's control groups at each event, and not what it stands for. The core finds that out
by their names when it first meets the key, and puts it into a map: the host's number, or that of the container. It
holds for as long as there are such groups, since no key is used again. What the map has no room for, or not yet, is
reported whatever it is.

Of a container whose id is "host" the kernel learns nothing: for the filter, that id is the host's.
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
    """The first of the two places of a key; the other is its neighbour."""
    return <uint32_t>((key * 0x9e3779b97f4a7c15u) >> 32) & (VERDICT_PLACES - 1)


cdef void _tell(Verdicts *verdicts, const State *state, uint64_t key) noexcept nogil:
    """Tell whose the groups with that key are, if that is known."""
    cdef const Container *container = containers_of_key(&state.containers, key)
    cdef uint32_t place = _place(key), number
    # Where everything is in one container by decree, budgets go by control groups as ever.
    if container is NULL or container is state.containers.static_container:
        return
    if container.number != CONTAINER_HOST and slice_equal(container_id(container), slice_of(b"host")):
        return
    number = container.number
    if tiercel_map_set(verdicts.fd, &key, &number) == 0:
        verdicts.told[place ^ 1] = verdicts.told[place]
        verdicts.told[place] = key


cdef void verdict_note(Verdicts *verdicts, const State *state, uint64_t key) noexcept nogil:
    """A record with that key has come: tell the kernel what it stands for, the first time that this is known."""
    cdef uint32_t place = _place(key)
    if verdicts.fd >= 0 and key and verdicts.told[place] != key and verdicts.told[place ^ 1] != key:
        _tell(verdicts, state, key)


cdef bint verdict_hides(Verdicts *verdicts, const State *state, const ev_hdr *hdr, const Proc *proc) noexcept nogil:
    """In the scope "containers": whether the event is one of the host's. If so the kernel is told again: it may have
    forgotten."""
    if not verdicts.only_containers or proc is NULL or proc.container != state.host:
        return 0
    _tell(verdicts, state, hdr.cgroup_id)
    return 1
