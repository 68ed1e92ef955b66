# SPDX-License-Identifier: Apache-2.0
"""The probe's own records of control groups, and groups that are named as those of containers."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

from support import cgroups
from tiercel._core.alerts.unpack import decode
from tiercel._core.probe.probe import Probe
from tiercel._core.probe.ring_consumer import RingReader

IMAGE = resources.files("tiercel._core").joinpath("probe.bpf.o").read_bytes()
HYBRID = bool(cgroups.roots("cgroup"))


def container_name() -> str:
    """Return the name of the group of a container that does not exist."""
    return f"docker-{uuid.uuid4().hex * 2}.scope"


class Watch:
    """A probe, and the records it has sent."""

    def __init__(self, probe: Probe) -> None:
        self.probe = probe
        self._reader = RingReader(probe.rings())

    def events(self, *types: str) -> list[dict[str, Any]]:
        """Return what has come since the last time, of some types, in order."""
        time.sleep(0.002)  # longer than a record may be in flight
        decoded = [decode(record) for _, record in self._reader.read()]
        return [event for event in decoded if event["type"] in types]


@contextmanager
def watch(*pids: int, wanted: frozenset[int] = frozenset()) -> Iterator[Watch]:
    """Watch the trees of some processes, those of this one if none are given."""
    probe = Probe(IMAGE)
    try:
        probe.load(wanted, scope="tree")
        watched = Watch(probe)
        probe.attach()
        for pid in pids or (os.getpid(),):
            probe.watch_tree(pid)
        watched.events()
        yield watched
    finally:
        probe.close()


@contextmanager
def group(kind: str = "cgroup2", controller: str = "", name: str | None = None) -> Iterator[Path]:
    """Make a group of the v2 hierarchy, or of that of a controller on v1, and remove it in the end."""
    (root,) = [path for path in cgroups.roots(kind) if not controller or controller in path.name.split(",")][:1]
    made = root / (name or container_name())
    made.mkdir()
    try:
        yield made
    finally:
        cgroups.remove(made)


def enter(made: Path, pid: int) -> None:
    (made / "cgroup.procs").write_text(str(pid))


def names(value: bytes) -> dict[str, str]:
    """Return the paths of a param ``cgroups`` by controller."""
    return dict(entry.split("=", 1) for entry in value.decode().split("\0"))
