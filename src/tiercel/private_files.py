# SPDX-License-Identifier: Apache-2.0
"""Files with confidential content, in folders where other users may have created files.

Captures and alerts contain environments, payloads and command lines of all users. A file is created with access for its
owner only. Symbolic links and hard links of other users cannot redirect the output to another file.
"""

from __future__ import annotations

import errno
import os
import stat
from typing import Final

__all__ = ["open_private", "private_folder"]

_MODE: Final = 0o600
_FLAGS: Final = os.O_WRONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK
_MOST_LINKS: Final = 40  # as the kernel


def open_private(path: str | os.PathLike[str], *, append: bool = False, new: bool = False) -> int:
    """Open a file for writing and return its descriptor; create a missing file with access for its owner only.

    A symbolic link is followed only if it belongs to root or to the user of this process. If others can write to the
    folder, an existing file must have no second hard link; if everybody can, it must also belong to the user of this
    process or to the owner of the folder. A FIFO without a reader is an error, so that the call does not block.

    Args:
        path: the file, or a FIFO, a device, or a link such as ``/dev/stdout``.
        append: write at the end; otherwise the file is emptied, and made inaccessible to other users.
        new: refuse any existing file or link.

    Raises:
        OSError: the file cannot be opened; ``strerror`` contains the reason.
    """
    name = os.fspath(path)
    flags = _FLAGS | (os.O_APPEND if append else 0) | (os.O_CREAT | os.O_EXCL if new else os.O_CREAT)
    for _ in range(_MOST_LINKS):
        folder, base = os.path.split(name)
        if not base:
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), name)
        folder_fd = os.open(folder or ".", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            try:
                fd = os.open(base, flags | os.O_NOFOLLOW, _MODE, dir_fd=folder_fd)
            except OSError as error:
                if not _is_link(base, folder_fd) or new:
                    raise _explained(error, base, folder_fd, name) from error
                target = _followed(base, folder_fd, name)
                if target is not None:
                    name = os.path.join(folder, target)  # noqa: PTH118 - an absolute target replaces the folder
                    continue
                # A descriptor of this process, or of another process of this user: its target is intended.
                fd = os.open(base, flags & ~os.O_CREAT, dir_fd=folder_fd)
                return _prepared(fd, empty=not append)
            refusal = _refusal(os.fstat(fd), os.fstat(folder_fd))
            if refusal:
                os.close(fd)
                raise PermissionError(errno.EPERM, refusal, name)
            return _prepared(fd, empty=not append)
        finally:
            os.close(folder_fd)
    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), os.fspath(path))


def private_folder(path: str | os.PathLike[str]) -> None:
    """Create a folder with access for its owner only, and its parents; an existing folder must have this access.

    Raises:
        OSError: the folder cannot be created, or others can enter it; ``strerror`` contains the reason.
    """
    name = os.fspath(path)
    os.makedirs(os.path.dirname(name) or ".", exist_ok=True)  # noqa: PTH103, PTH120 - pathlib has 0o777 only
    try:
        os.mkdir(name, 0o700)  # noqa: PTH102
    except FileExistsError:
        found = os.lstat(name)
        if not stat.S_ISDIR(found.st_mode):
            raise
        if found.st_uid != os.geteuid() or found.st_mode & 0o077:
            text = f"the folder is not private (user {found.st_uid}, mode {stat.S_IMODE(found.st_mode):04o})"
            raise PermissionError(errno.EPERM, text, name) from None


def _is_link(base: str, folder_fd: int) -> bool:
    """Return whether an open failed at a link: with ELOOP, or with EACCES if the kernel protects links."""
    found = _stat(base, folder_fd)
    return found is not None and stat.S_ISLNK(found.st_mode)


def _stat(base: str, folder_fd: int) -> os.stat_result | None:
    try:
        return os.stat(base, dir_fd=folder_fd, follow_symlinks=False)
    except OSError:
        return None


def _followed(base: str, folder_fd: int, name: str) -> str | None:
    """Return the target of a link; None if only the kernel can follow it, as the descriptor of a process."""
    owner = os.stat(base, dir_fd=folder_fd, follow_symlinks=False).st_uid
    if owner not in (0, os.geteuid()):
        raise PermissionError(errno.EPERM, f"is a link of another user (user {owner})", name)
    folder = os.readlink(f"/proc/self/fd/{folder_fd}")  # noqa: PTH115
    if folder.startswith("/proc/") and folder.endswith("/fd"):
        return None
    return os.readlink(base, dir_fd=folder_fd)


def _explained(error: OSError, base: str, folder_fd: int, name: str) -> OSError:
    """Return the error with a reason for ENXIO and EACCES, whose own texts do not help."""
    text: str | None = error.strerror
    found = _stat(base, folder_fd)
    if found is not None and error.errno == errno.EACCES:
        text = _refusal(found, os.fstat(folder_fd)) or text  # the kernel protects files in folders like /tmp, too
    elif found is not None and error.errno == errno.ENXIO:
        if stat.S_ISFIFO(found.st_mode):
            text = "is a FIFO that no process reads; start the reader first"
        elif stat.S_ISSOCK(found.st_mode):
            text = "is a socket, not a file"
    return OSError(error.errno, text, name)


def _refusal(file: os.stat_result, folder: os.stat_result) -> str | None:
    """Return the reason why a file is not safe to write to, or None."""
    by_others = folder.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    if not by_others and folder.st_uid in (0, os.geteuid()):
        return None
    by_all = folder.st_mode & stat.S_IWOTH or (folder.st_mode & stat.S_ISVTX and folder.st_mode & stat.S_IWGRP)
    if by_all and file.st_uid not in (os.geteuid(), folder.st_uid):
        return f"belongs to another user (user {file.st_uid}), in a folder where all users can write"
    if stat.S_ISREG(file.st_mode) and file.st_nlink != 1:
        return "has other names (hard links), in a folder where other users can write"
    return None


def _prepared(fd: int, *, empty: bool) -> int:
    try:
        found = os.fstat(fd)
        if empty and stat.S_ISREG(found.st_mode):
            if found.st_mode & 0o077 and found.st_uid == os.geteuid():
                os.fchmod(fd, _MODE)
            os.ftruncate(fd, 0)
        os.set_blocking(fd, True)
    except BaseException:
        os.close(fd)
        raise
    return fd
