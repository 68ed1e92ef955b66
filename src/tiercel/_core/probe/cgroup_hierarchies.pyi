# SPDX-License-Identifier: Apache-2.0
"""The hierarchies of control groups that this machine has."""

def hierarchies(text: bytes) -> tuple[int, int, int]:
    """Return what the probe is told of the hierarchies that ``/proc/PID/cgroup`` lists.

    Args:
        text: what the file holds.

    Returns:
        The controllers whose groups of version 1 are part of the key of a task (bits, ``enum probe_v1``); the number of
        the hierarchy whose groups are followed, which is 0 for version 2; and all hierarchies that have a part in the
        key, as bits by their numbers.
    """
