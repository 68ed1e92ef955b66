# SPDX-License-Identifier: Apache-2.0
"""Users and groups from the host's own files."""

from __future__ import annotations

from pathlib import Path

from tiercel.containers.settings import host_root
from tiercel.containers.user_files import entries

__all__ = ["NameFile", "host_file"]


class NameFile:
    """``/etc/passwd`` or ``/etc/group``; the directory services of NSS may be slow, and are not used."""

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        self._seen: tuple[int, int, int] | None = None

    def read_if_changed(self) -> dict[int, list[bytes]] | None:
        """Return the columns by number, the name first; None if the file has not changed since the last read."""
        try:
            status = self._path.stat()
            seen = (status.st_ino, status.st_mtime_ns, status.st_size)
            if seen == self._seen:
                return None
            content = self._path.read_bytes()
        except OSError:
            return None
        self._seen = seen
        return entries(content)


def host_file(name: str) -> NameFile:
    """Return ``passwd`` or ``group`` of the host, also if the sensor runs in a container with its own files."""
    return NameFile(f"{host_root()}/etc/{name}")
