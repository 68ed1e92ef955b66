# SPDX-License-Identifier: Apache-2.0
"""Processes and control groups that no response touches."""

from __future__ import annotations

import os
from collections.abc import Callable

from tiercel.frozen import frozen
from tiercel.response.procfs import ProcStat, ancestors, cgroup_path, runs_file

__all__ = ["ALWAYS", "ProtectedProcesses", "Protection"]


@frozen
class ProtectedProcesses:
    """Additional processes that no response touches.

    Attributes:
        names: names of processes (``comm``). A process can choose its name: paths are safer.
        paths: executables, as files of this machine: another file with this path in a container is not protected.
        cgroups: paths of control groups (version 2), with all groups below: ``/system.slice/sshd.service``.
    """

    names: frozenset[str] = frozenset()
    paths: tuple[str, ...] = ()
    cgroups: tuple[str, ...] = ()


class Protection:
    """Check of processes and control groups against the protected ones.

    Always protected are process 1, kernel threads, the sensor and its ancestors.
    """

    def __init__(self, more: ProtectedProcesses | None = None, is_own: Callable[[int], bool] = lambda _: False) -> None:
        """Protect ``more`` processes, and all for which ``is_own`` returns True."""
        self._more = more or ProtectedProcesses()
        self._is_own = is_own

    def reason(self, pid: int, stat: ProcStat) -> str | None:
        """Return the reason why a process is protected, or None."""
        if stat.is_kernel_thread:
            return "a kernel thread"
        return self._fixed(pid, frozenset(ancestors(os.getpid()))) or self._listed(pid, stat.name)

    def reason_of_group(self, path: str, members: Callable[[], dict[int, str]]) -> str | None:
        """Return the reason why a control group is protected, or None.

        Args:
            path: its path below the root of the hierarchy.
            members: returns the processes of the group and of all groups below, with their names.
        """
        if path == "/":
            return "the root of all control groups"
        own = cgroup_path("self")
        if own is not None and _is_below(own, path):
            return "the control group of the sensor, or above it"
        for one in self._more.cgroups:
            if _is_below(one, path) or _is_below(path, one):
                return f"the control group {one} is protected"
        above = frozenset(ancestors(os.getpid()))
        for pid, name in members().items():
            why = self._fixed(pid, above) or self._listed(pid, name)
            if why is not None:
                return f"the control group contains process {pid}: {why}"
        return None

    def _fixed(self, pid: int, above: frozenset[int]) -> str | None:
        if pid == 1:
            return "process 1"
        if pid in above:
            return "the sensor or an ancestor of it"
        return "a process of a response" if self._is_own(pid) else None

    def _listed(self, pid: int, name: str) -> str | None:
        if name in self._more.names:
            return f"the name {name!r} is protected"
        for path in self._more.paths:
            if runs_file(pid, path):
                return f"the executable {path} is protected"
        group = cgroup_path(pid) if self._more.cgroups else None
        for one in self._more.cgroups:
            if group is not None and _is_below(group, one):
                return f"the control group {one} is protected"
        return None


def _is_below(path: str, other: str) -> bool:
    """Return whether a control group is another one, or below it."""
    return f"{path.rstrip('/')}/".startswith(f"{other.rstrip('/')}/")


ALWAYS = Protection()
"""Protection without additional processes."""
