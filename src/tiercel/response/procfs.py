# SPDX-License-Identifier: Apache-2.0
"""State of processes in /proc that identifies and protects them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tiercel.frozen import frozen

__all__ = [
    "ProcStat",
    "ancestors",
    "cgroup_path",
    "mount_namespace",
    "read_stat",
    "reads_initial_pids",
    "runs_file",
    "ticks_of",
]

_KERNEL_THREAD: Final = 0x0020_0000  # PF_KTHREAD of linux/sched.h, an unchanged number since 2.6.27
_FIRST_PID_NS: Final = 0xEFFF_FFFC  # PROC_PID_INIT_INO of linux/proc_ns.h
_TICK_NS: Final = 1_000_000_000 // os.sysconf("SC_CLK_TCK")


@frozen
class ProcStat:
    """Content of ``/proc/PID/stat``.

    Attributes:
        name: its name, at most 15 bytes; a process can change it.
        parent: its parent, 0 for none.
        is_kernel_thread: it is a thread of the kernel.
        start_ticks: its start since boot, in units of 10 ms (USER_HZ).
    """

    name: str
    parent: int
    is_kernel_thread: bool
    start_ticks: int

    def started_at(self, start_ns: int) -> bool:
        """Return whether the process started at this time of CLOCK_BOOTTIME, as exactly as /proc has it."""
        return self.start_ticks == ticks_of(start_ns)


def ticks_of(time_ns: int) -> int:
    """Return a time of CLOCK_BOOTTIME in the units of /proc."""
    return time_ns // _TICK_NS


def read_stat(pid: int) -> ProcStat | None:
    """Return the state of a process; None if it does not exist, or if /proc hides it."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 - a short path, read for each action
            text = file.read()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None
    begin, end = text.index(b"("), text.rindex(b")")  # a name may contain anything, also parentheses
    fields = text[end + 2 :].split()
    name = text[begin + 1 : end].decode("utf-8", "surrogateescape")
    return ProcStat(name, int(fields[1]), bool(int(fields[6]) & _KERNEL_THREAD), int(fields[19]))


def ancestors(pid: int) -> Iterator[int]:
    """Yield a process and its ancestors, the nearest first."""
    while pid > 0:
        yield pid
        stat = read_stat(pid)
        pid = stat.parent if stat is not None else 0


def cgroup_path(pid: int | str) -> str | None:
    """Return the path of the control group (version 2) of a process; None if there is no group or no process."""
    try:
        lines = Path(f"/proc/{pid}/cgroup").read_bytes().splitlines()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None
    return next((os.fsdecode(line[3:]) for line in lines if line.startswith(b"0::")), None)


def mount_namespace(pid: int | str) -> int | None:
    """Return the inode number of the mount namespace of a process; None if it cannot be read."""
    try:
        return Path(f"/proc/{pid}/ns/mnt").stat().st_ino
    except OSError:
        return None


def runs_file(pid: int, path: str) -> bool:
    """Return whether a process runs the file at a path of this process's mount namespace.

    An executable that an upgrade has replaced matches by its former path.
    """
    link = Path(f"/proc/{pid}/exe")
    try:
        if os.path.samestat(link.stat(), os.stat(path)):  # noqa: PTH116 - text as configured
            return True
    except OSError:
        pass
    try:
        target = os.readlink(link)  # noqa: PTH115 - the text of the link, not a path
    except OSError:
        return False
    return target.removesuffix(" (deleted)") == path and mount_namespace(pid) == mount_namespace("self")


def reads_initial_pids() -> bool:
    """Return whether process numbers of the kernel's first pid namespace, as in records, are valid here."""
    try:
        return Path("/proc/self/ns/pid").stat().st_ino == _FIRST_PID_NS and os.readlink("/proc/self") == str(  # noqa: PTH115
            os.getpid()
        )
    except OSError:
        return False
