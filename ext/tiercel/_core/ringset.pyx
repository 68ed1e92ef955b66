# SPDX-License-Identifier: Apache-2.0
"""The rings of a probe: how many there are, how large, and which CPU writes to which.

Events of the life of processes have a ring of their own. All others go to a ring for their CPU, or for a group of CPUs
where there are more CPUs than rings: neighbours in number, which mostly share caches, share a ring.
"""

from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memset
from posix.unistd cimport _SC_PAGESIZE, sysconf

from tiercel._core.loader cimport Loader
from tiercel._core.probe_abi cimport PROBE_CPUS, PROBE_RING_LIFE, PROBE_RING_VOLUME, PROBE_RINGS

cdef str ONLINE = "/sys/devices/system/cpu/online"


cdef list online_cpus():
    """Numbers of the CPUs that run now; just the first one if they cannot be read."""
    cdef list cpus = []
    try:
        with open(ONLINE, "rb") as file:
            for part in file.read().split(b","):
                first, _, last = part.partition(b"-")
                cpus.extend(range(int(first), int(last or first) + 1))
    except (OSError, ValueError):
        return [0]
    return cpus


cdef object whole(object size):
    """The next size that the kernel takes: a power of two, of pages."""
    return max(<uint32_t>sysconf(_SC_PAGESIZE), 1 << max(size - 1, 0).bit_length())


cdef list rings_make(Loader loader, object life_bytes, object volume_bytes):
    """Make the rings, and tell the programs; descriptor and size of each, by the index that the programs use.

    `volume_bytes` are for every two rings of other events than life-cycle ones; a single one has them all.
    """
    cdef list cpus = [cpu for cpu in online_cpus() if cpu < PROBE_CPUS] or [0]
    cdef int groups = min(<int>(PROBE_RINGS - PROBE_RING_VOLUME), len(cpus))
    cdef uint8_t *ring_of_cpu = <uint8_t *>loader.variable("g_ring_of_cpu", PROBE_CPUS)
    cdef list made = []
    cdef uint32_t index
    cdef int fd, place
    for index in range(<uint32_t>(PROBE_RING_VOLUME + groups)):
        if index == PROBE_RING_LIFE:
            size = whole(life_bytes)
        else:
            size = whole(volume_bytes // 2 if groups > 1 else volume_bytes)
        fd = loader.ring_new(size)
        loader.map_set("map", "rings", &index, &fd)
        made.append((fd, size))
    memset(ring_of_cpu, PROBE_RING_VOLUME, PROBE_CPUS)
    for place, cpu in enumerate(cpus):
        ring_of_cpu[cpu] = PROBE_RING_VOLUME + place * groups // len(cpus)
    return made
