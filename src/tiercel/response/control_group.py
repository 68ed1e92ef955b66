# SPDX-License-Identifier: Apache-2.0
"""Control group of a process, opened: the descriptor stays with the group if others of its name follow."""

from __future__ import annotations

import errno
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Final

from tiercel.response.procfs import cgroup_path, read_stat
from tiercel.response.result import Refusal

__all__ = ["ControlGroup"]

_ESCAPE: Final = re.compile(r"\\(\d{3})")


class ControlGroup:
    """Control group of version 2.  A context manager.

    Attributes:
        path: its path below the root of the hierarchy.
    """

    def __init__(self, pid: int) -> None:
        """Open the group of a process.

        Raises:
            Refusal: the process or the group has gone, or cannot be reached from here.
        """
        path = cgroup_path(pid)
        if path is None:
            raise Refusal("failed" if read_stat(pid) else "gone", "the process has no control group of version 2")
        self.path = path
        try:
            self._fd = os.open(_folder(path), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except FileNotFoundError:
            raise Refusal("gone", f"the control group {path} has gone") from None
        except OSError as error:
            raise _refused(error, path) from error
        if cgroup_path(pid) != path:  # it moved between the two, or the group is another one of this name
            self.close()
            raise Refusal("gone", f"the process has left the control group {path}")

    def members(self) -> dict[int, str]:
        """Return the processes of the group and of all groups below, with their names."""
        pids = [pid for _, _, _, fd in os.fwalk(".", dir_fd=self._fd) for pid in self._processes(fd)]
        stats = {pid: read_stat(pid) for pid in pids}
        return {pid: stat.name if stat is not None else "" for pid, stat in stats.items()}

    def _processes(self, folder: int) -> list[int]:
        try:
            return [int(pid) for pid in _read(folder, "cgroup.procs").split()]
        except OSError as error:
            if error.errno in (errno.ENODEV, errno.ENOENT):
                return []  # the group was removed meanwhile
            raise _refused(error, self.path) from error

    def write(self, name: str, text: str) -> None:
        """Write a control file.

        Raises:
            Refusal: the kernel refuses, or lacks the file.
        """
        try:
            fd = os.open(name, os.O_WRONLY | os.O_CLOEXEC, dir_fd=self._fd)
        except FileNotFoundError:
            # A removed group has no files.
            with suppress(OSError):
                os.stat("cgroup.procs", dir_fd=self._fd)
                raise Refusal("failed", f"this kernel has no {name}") from None
            raise Refusal("gone", f"the control group {self.path} has gone") from None
        except OSError as error:
            raise _refused(error, self.path) from error
        try:
            os.write(fd, text.encode())
        except OSError as error:
            if error.errno == errno.ENODEV:
                raise Refusal("gone", f"the control group {self.path} has gone") from error
            raise _refused(error, self.path) from error
        finally:
            os.close(fd)

    def close(self) -> None:
        """Close the descriptor."""
        os.close(self._fd)

    def __enter__(self) -> ControlGroup:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _read(folder: int, name: str) -> str:
    fd = os.open(name, os.O_RDONLY | os.O_CLOEXEC, dir_fd=folder)
    with os.fdopen(fd) as file:
        return file.read()


def _refused(error: OSError, path: str) -> Refusal:
    denied = error.errno in (errno.EACCES, errno.EPERM, errno.EROFS)
    return Refusal("denied" if denied else "failed", f"control group {path}: {error.strerror}")


def _folder(path: str) -> Path:
    """Return the folder of a group, below the mount of the hierarchy that contains it."""
    if path.startswith("/.."):
        raise Refusal("failed", f"the control group {path} is outside of the sensor's cgroup namespace")
    for line in Path("/proc/self/mountinfo").read_text(errors="surrogateescape").splitlines():
        own, _, rest = line.partition(" - ")
        fields = own.split(" ")
        if rest.startswith("cgroup2 "):
            root, point = (_ESCAPE.sub(lambda found: chr(int(found[1], 8)), field) for field in fields[3:5])
            if root == "/" or f"{path}/".startswith(f"{root}/"):
                return Path(point + (path if root == "/" else path[len(root) :]))
    raise Refusal("failed", "no hierarchy of control groups of version 2 is mounted here")
