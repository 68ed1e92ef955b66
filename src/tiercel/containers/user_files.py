# SPDX-License-Identifier: Apache-2.0
"""Users and groups from a container's own files.

The content of a container is untrusted. A file is opened from the root of one of its processes, by a path lookup that
leaves neither this root nor its file system, so that it follows no link, mount or slow file system that the container
made. It must be a regular file of bounded size.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import stat
import time
from typing import Final, NamedTuple

from tiercel._core.state.procfs_scan import own_pid_ns

__all__ = ["Inside", "entries", "host_proc", "read_inside"]

_OPENAT2: Final = 437  # on every architecture
_RESOLVE: Final = 0x1 | 0x2 | 0x10  # RESOLVE_NO_XDEV, RESOLVE_NO_MAGICLINKS, RESOLVE_IN_ROOT
_MAX_BYTES: Final = 1 << 20
_MAX_NAME: Final = 256
_TICK_NS: Final = 1_000_000_000 // os.sysconf("SC_CLK_TCK")
_FIRST_PID_NS: Final = 0xEFFFFFFC  # its inode, fixed in the kernel
_YOUNG_NS: Final = 2_500_000_000  # after this time the engine has given a process its own files

Names = dict[int, bytes]
_libc: Final = ctypes.CDLL(None, use_errno=True)


class Inside(NamedTuple):
    """Names of users, their home directories and login shells, by uid, and names of groups, by gid."""

    users: Names
    homes: Names
    shells: Names
    groups: Names


class _OpenHow(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


def host_proc(root: str = "") -> str | None:
    """Return the /proc folder of the first pid namespace; None if no such folder is visible.

    Args:
        root: folder with the host's files.
    """
    if own_pid_ns() == _FIRST_PID_NS:
        return "/proc"
    try:
        first = os.stat(f"{root}/proc/1/ns/pid").st_ino == _FIRST_PID_NS  # noqa: PTH116 - a text with a root before it
    except OSError:
        return None
    return f"{root}/proc" if first else None


def entries(content: bytes) -> dict[int, list[bytes]]:
    """Return the columns by number; the first line with a number counts."""
    found: dict[int, list[bytes]] = {}
    for line in content.splitlines():
        fields = line.split(b":")
        if len(fields) > 2 and fields[2].isdigit() and int(fields[2]) < 1 << 32:
            found.setdefault(int(fields[2]), fields)
    return found


def read_inside(pid: int, start_ns: int, proc: str = "/proc") -> Inside | None:
    """Return the names of users and groups of a container; None if it may not have its own files yet.

    A new process sees the host's files until the engine has given it others. A process that still sees them after some
    seconds always will, and its users are those of the host: not every recognised container has its own files.

    Args:
        pid: a process in the container.
        start_ns: its start in ns since boot, to detect a reused pid.
        proc: folder with processes by these numbers.

    Raises:
        OSError: the process is gone, or access to it is denied.
    """
    flags = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC
    with contextlib.ExitStack() as opened:
        process = os.open(f"{proc}/{pid}", flags)
        opened.callback(os.close, process)
        if _start_ticks(process) != start_ns // _TICK_NS:
            raise ProcessLookupError(pid)
        if time.clock_gettime_ns(time.CLOCK_BOOTTIME) < start_ns + _YOUNG_NS and _sees_hosts_files(process, proc):
            return None
        root = os.open("root", flags, dir_fd=process)
        opened.callback(os.close, root)
        users, groups = (entries(_read_below(root, name)) for name in ("etc/passwd", "etc/group"))
    names, homes, shells = (_column(users, at) for at in (0, 5, 6))
    return Inside(names, homes, shells, _column(groups, 0))


def _sees_hosts_files(process: int, proc: str) -> bool:
    """Return whether a process still has the mounts or root directory of its creator: the host or this process."""
    for what in ("ns/mnt", "root"):
        theirs = os.stat(what, dir_fd=process)
        for other in (f"{proc}/1", "/proc/self"):
            with contextlib.suppress(PermissionError):  # access to the first process may be denied
                if os.path.samestat(theirs, os.stat(f"{other}/{what}")):  # noqa: PTH116 - a link that leads nowhere
                    return True
    return False


def _column(rows: dict[int, list[bytes]], at: int) -> Names:
    return {
        number: row[at]
        for number, row in rows.items()
        if at < len(row) and max(len(row[0]), len(row[at])) <= _MAX_NAME and not row[0].startswith((b"+", b"-"))
    }


def _start_ticks(process: int) -> int:
    file = os.open("stat", os.O_RDONLY | os.O_CLOEXEC, dir_fd=process)
    try:
        return int(os.read(file, 4096).rpartition(b")")[2].split()[19])
    finally:
        os.close(file)


def _read_below(root: int, name: str) -> bytes:
    """Return the content of a container's file; empty if it cannot be read safely."""
    how = _OpenHow(os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC, 0, _RESOLVE)
    file = _libc.syscall(_OPENAT2, root, name.encode(), ctypes.byref(how), ctypes.sizeof(how))
    if file < 0:
        return b""
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            return b""
        parts = []
        left = _MAX_BYTES
        while left and (part := os.read(file, left)):
            parts.append(part)
            left -= len(part)
        return b"".join(parts)
    except OSError:
        return b""
    finally:
        os.close(file)
