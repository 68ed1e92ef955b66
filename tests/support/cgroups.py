# SPDX-License-Identifier: Apache-2.0
"""Control groups for tests that put processes into them."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path


def roots(kind: str) -> list[Path]:
    """Return where the hierarchies of a kind (``cgroup``, ``cgroup2``) are mounted."""
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    return [Path(fields[1]) for fields in mounts if fields[2] == kind]


def remove(group: Path) -> None:
    """Remove a group that its processes have left; the kernel may take a moment to notice that."""
    for _ in range(100):
        with contextlib.suppress(OSError):
            group.rmdir()
            return
        time.sleep(0.02)
    group.rmdir()
