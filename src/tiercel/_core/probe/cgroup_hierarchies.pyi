# SPDX-License-Identifier: Apache-2.0
"""Control group hierarchies of this machine."""

def hierarchies(text: bytes) -> tuple[int, int, int]:
    """Return the probe's configuration for the hierarchies in ``/proc/PID/cgroup``.

    Args:
        text: content of the file.

    Returns:
        The controllers with version 1 groups in the key of a task (bits, ``enum probe_v1``); the number of the followed
        hierarchy, which is 0 for version 2; and all hierarchies in the key, as bits by their number.
    """
