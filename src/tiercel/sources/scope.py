# SPDX-License-Identifier: Apache-2.0
"""Scope of a sensor; the kernel enforces it: processes outside of the scope cause no events."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from tiercel.errors import KernelError, UsageError
from tiercel.frozen import frozen

__all__ = ["Scope"]

_MOUNTS = Path("/proc/self/mountinfo")


@frozen
class Scope:
    """Scope of a sensor; made by :meth:`all`, :meth:`tree`, :meth:`cgroup` or :meth:`containers`.

    Attributes:
        kind: ``all``, ``tree``, ``cgroup`` or ``containers``.
        pid: root of the tree, for ``tree``.
        path: directory of the control group, for ``cgroup``.
    """

    kind: str
    pid: int | None = None
    path: str | None = None

    @classmethod
    def all(cls) -> Scope:
        """The whole machine, except the sensor's own process."""
        return cls("all")

    @classmethod
    def tree(cls, pid: int) -> Scope:
        """A process, its current descendants, and every process that they start later.

        A process stays in the scope when its parent ends. The scope of the calling process itself
        (``Scope.tree(os.getpid())``) holds its children; the process that runs the sensor is never reported.
        """
        if pid <= 0:
            raise UsageError("E607", f"a process id is a positive number, not {pid}")
        return cls("tree", pid=pid)

    @classmethod
    def cgroup(cls, path: str | os.PathLike[str]) -> Scope:
        """The processes of a control group (version 2) and of the groups below it.

        Args:
            path: its directory, or its path as in ``/proc/PID/cgroup`` (``/system.slice/nginx.service``).
        """
        return cls("cgroup", path=os.fspath(path))

    @classmethod
    def containers(cls) -> Scope:
        """Processes in containers, without processes of the host."""
        return cls("containers")

    def __str__(self) -> str:
        return {
            "all": "the whole machine",
            "tree": f"the process tree of {self.pid}",
            "cgroup": f"the control group {self.path}",
            "containers": "containers",
        }[self.kind]

    def check(self) -> None:
        """Raise ``KernelError`` (E410) if the process or control group of the scope does not exist."""
        if self.kind == "tree" and not Path(f"/proc/{self.pid}").is_dir():
            raise KernelError("E410", f"there is no process {self.pid}")
        if self.kind == "cgroup":
            self.directory()

    def directory(self) -> str:
        """Return the directory of the control group.

        Raises:
            KernelError: E410, the group does not exist, or is not in a cgroup2 file system.
        """
        assert self.path is not None
        mounts = _cgroup2_mounts()
        if not mounts:
            hint = "mount -t cgroup2 none /sys/fs/cgroup/unified"
            raise KernelError("E410", "no cgroup2 file system is mounted", hint=hint)
        given = os.path.realpath(self.path)
        for candidate in (given, *(f"{mount}/{self.path.lstrip('/')}" for mount in mounts)):
            inside = any(candidate == mount or candidate.startswith(f"{mount}/") for mount in mounts)
            if inside and Path(candidate).is_dir():
                return candidate
        hint = f"control groups are directories below {mounts[0]}"
        raise KernelError("E410", f"there is no control group {self.path}", hint=hint)

    def inside(self) -> str:
        """Return the path of the control group below the root of its hierarchy, as in ``/proc/PID/cgroup``."""
        directory = self.directory()
        mount = max((mount for mount in _cgroup2_mounts() if directory.startswith(mount)), key=len)
        return directory.removeprefix(mount) or "/"

    def concerns(self) -> Callable[[str, int], bool]:
        """Return a predicate: whether a container may be in the scope, by its control group and a process in it.

        Of a tree it is known only when a process is (not 0).
        """
        if self.kind == "tree":
            return lambda _, tgid: tgid != 0
        if self.kind == "cgroup":
            group = self.inside().rstrip("/")
            return lambda cgroup, _: cgroup == group or cgroup.startswith(f"{group}/")
        return lambda _, __: True


def _cgroup2_mounts() -> list[str]:
    """Return where cgroup2 is mounted.  A line reads ``… mount-point options - type source options``."""
    mounts = []
    try:
        lines = _MOUNTS.read_text(errors="surrogateescape").splitlines()
    except OSError:
        return []
    for line in lines:
        before, _, after = line.partition(" - ")
        if after.startswith("cgroup2 "):
            mounts.append(_unescape(before.split()[4]))
    return mounts


def _unescape(path: str) -> str:
    """Undo the octal escapes of mountinfo (blank, tab, line feed, backslash)."""
    for escaped, char in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        path = path.replace(escaped, char)
    return path
