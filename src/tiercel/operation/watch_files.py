# SPDX-License-Identifier: Apache-2.0
"""Detection of changed files by inotify.

inotify only wakes the main loop: a comparison of the files' state decides whether anything changed. So a rename, a
replaced link (a ConfigMap of Kubernetes) and an overflow of the queue of inotify all work the same way.
"""

from __future__ import annotations

import contextlib
import math
import os
import stat
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

__all__ = ["FileWatch", "state_of"]

_QUIET: Final = 0.1  # seconds without events before the files are compared
_MAX_QUIET: Final = 2.0  # seconds after which files are compared in spite of further events
_MAX_LINKS: Final = 40
_MAX_ENTRIES: Final = 10_000
# inotify(7): close after writing, moved from and to, created, deleted, the folder itself deleted or moved.
_EVENTS: Final = 0x008 | 0x040 | 0x080 | 0x100 | 0x200 | 0x400 | 0x800

State = tuple[object, ...]


def state_of(paths: Iterable[str]) -> State:
    """Return a value that differs after any change of these files, or of the files in these folders."""
    return tuple((path, _entry(path, _members(path))) for path in paths)


def _members(path: str) -> tuple[object, ...]:
    try:
        names = sorted(entry.name for entry in Path(path).iterdir())[:_MAX_ENTRIES]
    except OSError:
        return ()
    return tuple((name, _entry(os.path.join(path, name))) for name in names)  # noqa: PTH118 - texts throughout


def _entry(path: str, members: tuple[object, ...] = ()) -> object:
    try:
        found = os.stat(path)  # noqa: PTH116 - texts throughout
    except OSError as error:
        return error.errno
    if stat.S_ISDIR(found.st_mode):
        return members
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


class FileWatch:
    """Watch of files and folders, which need not exist; a task of the main loop."""

    def __init__(self, paths: Iterable[str], seen: State, on_change: Callable[[], None]) -> None:
        """Watch ``paths``.

        Args:
            paths: files and folders.
            seen: their state when they were read.
            on_change: called by :meth:`work` after a change, once the files were quiet for 100 ms.

        Raises:
            OSError: the limit of inotify instances is reached.
        """
        self._libc = _libc()
        self._fd = _checked(self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))
        self._on_change = on_change
        self._watched: dict[str, int] = {}
        self._paths = tuple(paths)
        self._seen = seen
        self._first = self._last = time.monotonic() - _QUIET  # a change since ``seen`` is detected at once
        self._pending = True
        self._add()

    def fileno(self) -> int:
        return self._fd

    def due(self) -> float:
        return min(self._last + _QUIET, self._first + _MAX_QUIET) if self._pending else math.inf

    def work(self) -> None:
        if self._drain():
            self._last = time.monotonic()
            self._first = self._first if self._pending else self._last
            self._pending = True
        if time.monotonic() < self.due():
            return
        self._pending = False
        self._add()  # folders may have been created or replaced
        now = state_of(self._paths)
        if now != self._seen:
            self._seen = now
            self._on_change()

    def follow(self, paths: Iterable[str]) -> None:
        """Watch these paths from now on, for example after another configuration was loaded."""
        now = tuple(paths)
        if now == self._paths:
            return
        known = dict(zip(self._paths, self._seen, strict=True))
        self._paths = now
        self._seen = tuple(known.get(path, state) for path, state in zip(now, state_of(now), strict=True))
        self._add()

    def close(self) -> None:
        """End the watch."""
        os.close(self._fd)

    def _drain(self) -> bool:
        found = False
        with contextlib.suppress(BlockingIOError):
            while os.read(self._fd, 1 << 16):
                found = True
        return found

    def _add(self) -> None:
        wanted = {folder for path in self._paths for folder in _folders(path)}
        added = {}
        for folder in wanted:
            number = self._libc.inotify_add_watch(self._fd, os.fsencode(folder), _EVENTS)
            if number >= 0:  # else the folder is gone again; its parent is watched
                added[folder] = number
        for number in set(self._watched.values()) - set(added.values()):
            self._libc.inotify_rm_watch(self._fd, number)
        self._watched = added


def _folders(path: str) -> set[str]:
    """Return the folders in which something changes when the file does: that of each link on the way to it."""
    found: set[str] = set()
    here = Path(os.path.abspath(path))  # noqa: PTH100 - links on the way are followed one by one
    for _ in range(_MAX_LINKS):
        if here.is_dir():
            found.add(str(here))
        found.add(str(next((parent for parent in here.parents if parent.is_dir()), here)))
        for part in (here, *here.parents):  # a link may also be a folder on the way
            if part.is_symlink():
                found.add(str(part.parent))
                try:
                    target = part.parent / part.readlink()
                except OSError:  # replaced meanwhile
                    return found
                here = Path(os.path.normpath(target / here.relative_to(part)))
                break
        else:
            return found
    return found


def _libc() -> Any:
    import ctypes  # slow to import, and not before a sensor watches

    return ctypes.CDLL(None, use_errno=True)


def _checked(number: int) -> int:
    if number < 0:
        import ctypes

        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), "inotify")
    return number
