# SPDX-License-Identifier: Apache-2.0
"""Control groups that send more events than there is room for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from tiercel.frozen import frozen

if TYPE_CHECKING:
    from tiercel._core.probe import Probe
    from tiercel._core.threads import ProcessTable

__all__ = ["Flood", "Floods"]


@frozen
class Flood:
    """Events that were dropped because their control group sent more than its share.

    Attributes:
        cgroup_id: inode of its directory.
        cgroup: its path below the root of the cgroup v2 tree; empty if there was no such directory any more.
        container: id of the container whose processes are in it; empty for none.
        drops: dropped events by class.
    """

    cgroup_id: int
    cgroup: str
    container: str
    drops: Mapping[str, int]


class Floods:
    """Finds out who the groups are that the probe counts."""

    def __init__(self, probe: Probe, table: ProcessTable) -> None:
        self._probe = probe
        self._table = table
        self._shed = 0
        self._names: dict[int, tuple[str, str]] = {}
        self._floods: tuple[Flood, ...] = ()

    def look(self, shed: int) -> tuple[Flood, ...]:
        """Return the floods so far; ``shed`` is how many events the probe has dropped for that reason in all."""
        if shed != self._shed:
            self._shed = shed
            self._floods = self._look()
        return self._floods

    def _look(self) -> tuple[Flood, ...]:
        drops: dict[int, dict[str, int]] = {}
        for (group, event, over_share), count in sorted(self._probe.losses().items()):
            if over_share:
                drops.setdefault(group, {})[event] = count
        strangers = drops.keys() - self._names.keys()
        paths = _paths(strangers) if strangers else {}
        for group in strangers:
            self._names[group] = paths.get(group, ""), self._table.container_of(group) or ""
        return tuple(Flood(group, *self._names[group], lost) for group, lost in drops.items())


def _paths(groups: set[int]) -> dict[int, str]:
    """Return the paths of control groups by id, of those that are there."""
    try:
        mounts = [line.split() for line in Path("/proc/self/mounts").read_text(errors="replace").splitlines()]
    except OSError:
        return {}
    found: dict[int, str] = {}
    for root in {fields[1] for fields in mounts if fields[2] == "cgroup2"}:
        waiting, own = [root], Path(root).stat().st_ino
        if own in groups:
            found[own] = "/"
        while waiting and len(found) < len(groups):
            above = waiting.pop()
            try:
                below = [entry for entry in os.scandir(above) if entry.is_dir(follow_symlinks=False)]
            except OSError:
                continue
            waiting += [entry.path for entry in below]
            found.update((entry.inode(), entry.path.removeprefix(root)) for entry in below if entry.inode() in groups)
    return found
