# SPDX-License-Identifier: Apache-2.0
"""Ring buffers of a probe: number, size, assignment of CPUs, and loss counters.

Life-cycle events have a separate ring. All other events go to the ring of their CPU. With more CPUs than rings, CPUs
with adjacent numbers, which mostly share caches, share a ring.
"""

from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset
from posix.unistd cimport _SC_PAGESIZE, sysconf

from tiercel._core.probe.loader cimport Loader
from tiercel._core.probe.probe_abi cimport (
    PROBE_CPUS,
    PROBE_RING_LIFE,
    PROBE_RING_VOLUME,
    PROBE_RINGS,
    probe_config,
    probe_loss,
)
from tiercel._core.probe.sealing cimport map_freeze
from tiercel._core.wire.events_gen cimport EV_SLOT_MAX, TBL_EVENTS

cdef str ONLINE = "/sys/devices/system/cpu/online"


cdef list online_cpus():
    """Return the numbers of the online CPUs; only CPU 0 if they cannot be read."""
    cdef list cpus = []
    try:
        with open(ONLINE, "rb") as file:
            for part in file.read().split(b","):
                first, _, last = part.partition(b"-")
                cpus.extend(range(int(first), int(last or first) + 1))
    except (OSError, ValueError):
        return [0]
    return cpus


cdef object round_up(object size):
    """Return the next size that the kernel accepts: a power of two, and at least a page."""
    return max(<uint32_t>sysconf(_SC_PAGESIZE), 1 << max(size - 1, 0).bit_length())


cdef list rings_make(Loader loader, object life_bytes, object volume_bytes):
    """Create the rings and configure the programs. Return descriptor and size of each ring, by ring index.

    Every two volume rings have `volume_bytes` together; a single volume ring has all of them.
    """
    cdef list cpus = [cpu for cpu in online_cpus() if cpu < PROBE_CPUS] or [0]
    cdef int groups = min(<int>(PROBE_RINGS - PROBE_RING_VOLUME), len(cpus))
    cdef uint8_t *ring_of_cpu = <uint8_t *>loader.variable("g_ring_of_cpu", PROBE_CPUS)
    cdef probe_config *config = <probe_config *>loader.variable("g_cfg", sizeof(probe_config))
    cdef list made = []
    cdef uint32_t index
    cdef int fd, place
    for index in range(<uint32_t>(PROBE_RING_VOLUME + groups)):
        if index == PROBE_RING_LIFE:
            config.life_bytes = size = round_up(life_bytes)
        else:
            config.volume_bytes = size = round_up(volume_bytes // 2 if groups > 1 else volume_bytes)
        fd = loader.ring_new(size)
        loader.map_set("map", "rings", &index, &fd)
        made.append((fd, size))
    map_freeze(loader, "rings")
    memset(ring_of_cpu, PROBE_RING_VOLUME, PROBE_CPUS)
    for place, cpu in enumerate(cpus):
        ring_of_cpu[cpu] = PROBE_RING_VOLUME + place * groups // len(cpus)
    return made


cdef dict rings_losses(Loader loader):
    """Return lost records by cgroup, event, and whether the cgroup was above its share."""
    cdef dict found = {}
    cdef probe_loss loss
    cdef uint64_t count
    for key, value in loader.map_items("losses", sizeof(loss), sizeof(count)):
        memcpy(&loss, <const char *>key, sizeof(loss))
        memcpy(&count, <const char *>value, sizeof(count))
        if loss.slot < EV_SLOT_MAX:
            found[loss.cgroup_id, TBL_EVENTS[loss.slot].name.decode(), bool(loss.over_share)] = count
    return found
