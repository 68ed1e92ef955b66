# SPDX-License-Identifier: Apache-2.0
"""Processes as /proc describes them, to compare events with."""

from __future__ import annotations

import os
from pathlib import Path

CLOCK_TICK_NS = 1_000_000_000 // os.sysconf("SC_CLK_TCK")
SUBSYSTEMS = ("cpuset", "cpu", "cpuacct", "io", "memory")
_V1_NAMES = {"io": "blkio"}


def stat_fields(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the third on; the comm before them may hold anything."""
    return Path("/proc", str(pid), "stat").read_text().rpartition(") ")[2].split()


def start_range_ns(pid: int) -> tuple[int, int]:
    """First and last nanosecond of the clock tick in which the process started, since boot."""
    ticks = int(stat_fields(pid)[19])
    return ticks * CLOCK_TICK_NS, (ticks + 1) * CLOCK_TICK_NS - 1


class Process:
    """One process (or thread), read at construction: it may be gone later.

    Attributes:
        start_range_ns: as the function.
    """

    def __init__(self, pid: int) -> None:
        root = Path("/proc", str(pid))
        self.pid = pid
        self.status = dict(line.split(":\t", 1) for line in (root / "status").read_text().splitlines() if ":\t" in line)
        fields = stat_fields(pid)
        self.ppid, self.pgid, self.sid, self.tty = (int(field) for field in fields[1:5])
        self.minor_faults, self.major_faults = int(fields[7]), int(fields[9])
        self.start_range_ns = start_range_ns(pid)
        self.comm = (root / "comm").read_text()[:-1]
        self.loginuid = int((root / "loginuid").read_text())
        self.cwd = os.readlink(root / "cwd")
        self.mnt_ns, self.pid_ns = (os.stat(root / "ns" / kind).st_ino for kind in ("mnt", "pid"))
        self.open_files = next(
            int(line.split()[3])
            for line in (root / "limits").read_text().splitlines()
            if line.startswith("Max open files")
        )
        self._cgroups = (root / "cgroup").read_text().splitlines()

    def ids(self, key: str) -> list[int]:
        """Numbers of a line of status, such as ``Uid`` (real, effective, saved, file system) or ``NSpid``."""
        return [int(word) for word in self.status[key].split()]

    def kib(self, key: str) -> int:
        """A size of status in KiB."""
        return int(self.status[key].split()[0])

    def capabilities(self, key: str) -> int:
        """A capability set of status: ``CapInh``, ``CapPrm`` or ``CapEff``."""
        return int(self.status[key], 16)

    @property
    def unified_cgroup(self) -> str:
        """The path in the unified hierarchy."""
        return next(line[3:] for line in self._cgroups if line.startswith("0::"))

    def cgroups(self) -> bytes:
        """The path in the hierarchy of each subsystem that events name."""
        paths = {}
        for line in self._cgroups:
            _, controllers, path = line.split(":", 2)
            paths.update(dict.fromkeys(controllers.split(","), path))
        return b"\0".join(
            f"{name}={paths.get(_V1_NAMES.get(name, name)) or self._effective(name)}".encode() for name in SUBSYSTEMS
        )

    def _effective(self, controller: str) -> str:
        """Path of the nearest directory of the unified hierarchy that has ``controller`` on; the root always has."""
        directory = unified_root() / self.unified_cgroup.lstrip("/")
        while directory != unified_root():
            if controller in (directory / "cgroup.controllers").read_text().split():
                return "/" + str(directory.relative_to(unified_root()))
            directory = directory.parent
        return "/"


def unified_root() -> Path:
    """The mount point of the cgroup v2 hierarchy."""
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, where, kind, *_ = line.split()
        if kind == "cgroup2":
            return Path(where)
    raise FileNotFoundError("no cgroup v2 hierarchy is mounted")
