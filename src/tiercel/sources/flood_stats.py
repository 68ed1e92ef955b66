# SPDX-License-Identifier: Apache-2.0
"""Containers and control groups that exceed their share of the ring buffers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from tiercel.frozen import frozen, replace

if TYPE_CHECKING:
    from tiercel._core.probe.probe import Probe
    from tiercel._core.state.process_table import ProcessTable

__all__ = ["Flood", "Floods"]


@frozen
class Flood:
    """Events that were dropped because a container, or a control group, exceeded its share of the ring buffer.

    Attributes:
        cgroup_id: key of the control groups of a process; a container may have several keys. With cgroup v2 only, it is
            the inode of the directory; otherwise a number computed from the inodes in all hierarchies.
        cgroup: path below the root of the hierarchy; empty if no process of the group was known.
        container: id of the container of these processes; empty outside of containers.
        drops: dropped events by class.
    """

    cgroup_id: int
    cgroup: str
    container: str
    drops: Mapping[str, int]


class Floods:
    """Resolver of control group ids that the probe counts to paths and containers."""

    def __init__(self, probe: Probe, table: ProcessTable) -> None:
        self._probe = probe
        self._table = table
        self._shed = 0
        self._names: dict[int, tuple[str, str]] = {}
        self._first: dict[str, int] = {}  # first group of each container
        self._floods: tuple[Flood, ...] = ()

    def look(self, shed: int) -> tuple[Flood, ...]:
        """Return the floods so far; ``shed`` is the total number of events that the probe dropped by quota."""
        if shed != self._shed:
            self._shed = shed
            self._floods = self._look()
        return self._floods

    def _look(self) -> tuple[Flood, ...]:
        drops: dict[int, dict[str, int]] = {}
        for (group, event, over_share), count in sorted(self._probe.losses().items()):
            if over_share:
                drops.setdefault(group, {})[event] = count
        for group in drops.keys() - self._names.keys():
            known = _path(self._table.groups_of(group)), self._table.container_of(group) or ""
            if any(known):  # retry later if the first processes of the group were lost, too
                self._names[group] = known
        floods: dict[str | int, Flood] = {}
        for group, lost in drops.items():
            path, container = self._names.get(group, ("", ""))
            before = floods.get(container or group)
            if before is None:
                number = self._first.setdefault(container, group) if container else group
                floods[container or group] = Flood(number, path, container, lost)
            else:
                floods[container] = replace(before, drops=dict(Counter(before.drops) + Counter(lost)))
        return tuple(floods.values())


def _path(groups: bytes | None) -> str:
    """Return the longest path of a process's groups: the one with the container's id, if any."""
    paths = [entry.partition(b"=")[2] for entry in (groups or b"").split(b"\0")]
    return max(paths, key=len).decode(errors="replace")
