# SPDX-License-Identifier: Apache-2.0
"""Control group hierarchies of this machine.

``/proc/self/cgroup`` has one line for each hierarchy, with its number and its controllers. Version 2 has the number 0,
no controllers, and a line only if it is in use. Namespaces change only the paths, which this module ignores.
"""

from tiercel._core.probe.probe_abi cimport (
    PROBE_V1_CPU,
    PROBE_V1_CPUACCT,
    PROBE_V1_CPUSET,
    PROBE_V1_IO,
    PROBE_V1_MEMORY,
)

cdef str OWN_GROUPS = "/proc/self/cgroup"

# In the order of the param `cgroups`.
cdef dict BITS = {
    b"cpuset": PROBE_V1_CPUSET,
    b"cpu": PROBE_V1_CPU,
    b"cpuacct": PROBE_V1_CPUACCT,
    b"blkio": PROBE_V1_IO,
    b"memory": PROBE_V1_MEMORY,
}


cpdef tuple hierarchies(bytes text):
    cdef dict of_controller = {}
    cdef set numbers = set()
    cdef dict first = {}
    for line in text.splitlines():
        number, _, rest = line.partition(b":")
        if not number.isdigit():
            continue
        numbers.add(int(number))
        for name in rest.partition(b":")[0].split(b","):
            of_controller[name] = int(number)
    for name, bit in BITS.items():
        if name in of_controller:
            first.setdefault(of_controller[name], bit)
    # Without version 2, every hierarchy in the key has a group for each container.
    followed = 0 if 0 in numbers or not first else next(iter(first))
    return sum(first.values()), followed, sum([1 << number for number in {0, *first} if number < 64])


cdef tuple own_hierarchies():
    """Return `hierarchies` of this machine; without /proc, assume that only version 2 is in use."""
    try:
        with open(OWN_GROUPS, "rb") as file:
            return hierarchies(file.read())
    except OSError:
        return 0, 0, 1
