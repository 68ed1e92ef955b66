# SPDX-License-Identifier: Apache-2.0
"""Rotation of a file: numbered old files, compressed by a thread."""

from __future__ import annotations

import contextlib
import gzip
import os
import shutil
import stat
import threading
from typing import Final

__all__ = ["Rotation"]

_END: Final = 5.0  # seconds that the end of the program waits for a compression
_TEMPORARY: Final = ".gz.part"


class Rotation:
    """Old files of one path: ``alerts.1`` is the latest, ``alerts.2`` the one before; with compression ``alerts.1.gz``.

    Links are renamed or removed, and never followed.
    """

    def __init__(self, path: str, keep: int, *, compress: bool) -> None:
        """Prepare; ``keep`` is the number of old files."""
        self._path = path
        self._keep = keep
        self._compress = compress
        self._thread: threading.Thread | None = None
        self._pid = os.getpid()
        self._error: OSError | None = None
        self._is_new = False  # the latest old file is not compressed yet

    def rotate(self) -> None:
        """Rename the file, and remove the oldest old one.

        Raises:
            OSError: an operation failed. The old files have gaps then, and the file may still have its name.
        """
        self._wait(None)
        for suffix in ("", ".gz"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._name(self._keep) + suffix)  # noqa: PTH108 - never follows a link
        for number in range(self._keep - 1, 0, -1):
            for suffix in ("", ".gz"):
                with contextlib.suppress(FileNotFoundError):
                    os.rename(self._name(number) + suffix, self._name(number + 1) + suffix)  # noqa: PTH104
        os.rename(self._path, self._name(1))  # noqa: PTH104
        self._is_new = True

    def compress(self) -> None:
        """Begin the compression of the file that was renamed last, after its last line is written."""
        if self._compress and self._is_new:
            self._is_new = False
            self._pid = os.getpid()
            self._thread = threading.Thread(target=self._run, name="tiercel-gzip", daemon=True)
            self._thread.start()

    def take_error(self) -> OSError | None:
        """Return, once, the error of the last compression, whose file stays uncompressed."""
        error, self._error = self._error, None
        return error

    def close(self) -> None:
        """Wait a few seconds for a compression."""
        self._wait(_END)

    def _name(self, number: int) -> str:
        return f"{self._path}.{number}"

    def _wait(self, seconds: float | None) -> None:
        if self._thread is not None and self._pid == os.getpid():
            self._thread.join(seconds)
            if self._thread.is_alive():
                return
        self._thread = None

    def _run(self) -> None:
        source = self._name(1)
        part = source + _TEMPORARY
        try:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(part)  # noqa: PTH108 - of a program that was killed
            _compress(source, part)
            os.rename(part, f"{source}.gz")  # noqa: PTH104
            os.unlink(source)  # noqa: PTH108
        except OSError as error:
            self._error = error
            with contextlib.suppress(OSError):
                os.unlink(part)  # noqa: PTH108


def _compress(source: str, target: str) -> None:
    """Write a regular file in compressed form to a new file."""
    flags = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NOCTTY
    with os.fdopen(os.open(source, flags | os.O_NONBLOCK), "rb") as plain:
        if not stat.S_ISREG(os.fstat(plain.fileno()).st_mode):
            raise FileNotFoundError(2, "is no regular file", source)
        with os.fdopen(os.open(target, flags | os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as raw:
            with gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed:
                shutil.copyfileobj(plain, packed, 1 << 20)
            raw.flush()
            os.fsync(raw.fileno())
