# SPDX-License-Identifier: Apache-2.0
"""What is to be thought of when programs are loaded: who loads which, and the memory that it took."""

cdef enum:
    LIGHT = 8           # programs that are not worth a thread, which costs as much


# How many ordinary programs those weigh that the kernel takes longest to check: of the others one takes some 8 ms.
cdef dict HEAVY = {
    "filter_open": 4,
    "lookup_names": 4,
    "sched_exec": 2,
    "sys_exit_wanted": 3,
    "uring_arguments": 2,
    "uring_complete": 6,
}


cdef list shares(object names, int most):
    """Programs for up to `most` threads that take about the same time."""
    cdef list found = [[] for _ in range(max(1, min(most, len(names) // LIGHT)))]
    cdef list weights = [0] * len(found)
    for name in sorted(names, key=lambda name: -HEAVY.get(name, 1)):
        lightest = weights.index(min(weights))
        weights[lightest] += HEAVY.get(name, 1)
        found[lightest].append(name)
    return found
