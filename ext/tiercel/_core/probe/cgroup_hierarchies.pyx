# SPDX-License-Identifier: Apache-2.0
"""The hierarchies of control groups that this machine has.

``/proc/self/cgroup`` has a line for each, with its number and its controllers; that of version 2 has the number 0 and
none, and is there when it is in use. It is the same in every namespace, but for the paths, which are of no interest.
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
    # Where containers are made without version 2, any of the hierarchies that make up the key has a group for each.
    followed = 0 if 0 in numbers or not first else next(iter(first))
    return sum(first.values()), followed, sum([1 << number for number in {0, *first} if number < 64])


cdef tuple own_hierarchies():
    """The same of this machine; as if there were only version 2 where /proc does not say."""
    try:
        with open(OWN_GROUPS, "rb") as file:
            return hierarchies(file.read())
    except OSError:
        return 0, 0, 1
