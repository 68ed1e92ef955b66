# SPDX-License-Identifier: Apache-2.0
"""Cgroups with a memory limit, of either version."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support import cgroups


def memory_problem() -> str | None:
    """Return the reason why no cgroup with a memory limit can be made here, or None."""
    if _root() is None:
        return "there is no hierarchy of control groups with the memory controller"
    return None if os.geteuid() == 0 else "only root makes control groups"


def _root() -> tuple[Path, str] | None:
    """Return the hierarchy, and the name of the limit file."""
    for root in cgroups.roots("cgroup"):
        if (root / "memory.limit_in_bytes").exists():
            return root, "memory.limit_in_bytes"
    for root in cgroups.roots("cgroup2"):
        control = root / "cgroup.subtree_control"
        if control.exists() and "memory" in control.read_text().split():
            return root, "memory.max"
    return None


@contextmanager
def memory_group(limit: int) -> Iterator[Path]:
    """Make a cgroup whose processes may take ``limit`` bytes, and remove it in the end."""
    found = _root()
    assert found is not None
    root, name = found
    group = root / f"tiercel-test-{uuid.uuid4().hex}"
    group.mkdir()
    try:
        (group / name).write_text(str(limit))
        yield group
    finally:
        cgroups.remove(group)
