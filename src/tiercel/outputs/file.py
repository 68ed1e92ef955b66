# SPDX-License-Identifier: Apache-2.0
"""Output that appends alerts to a file, with rotation by size and time."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Sequence
from typing import Final

from tiercel.errors import OutputError, UsageError
from tiercel.outputs.base import DeliveryError, Printable, encode
from tiercel.outputs.lines import LineWriter
from tiercel.outputs.rotation import Rotation
from tiercel.private_files import open_private
from tiercel.schema.alert_formats import AlertFormat

__all__ = ["FileOutput"]

_PAUSE: Final = 60.0  # seconds between two attempts of a rotation that fails


class FileOutput:
    """Output that appends one line for each alert to a file; a new file is accessible to its owner only.

    With rotation, the file gets the name ``<path>.1``, and a new one follows; old files get the next number. A line is
    never split, so a file is longer than the limit only if one line is. If a rotation fails, the file grows further.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        format: AlertFormat = "text",
        keep_open: bool = True,
        rotate_bytes: int = 0,
        rotate_every: float = 0.0,
        rotate_keep: int = 5,
        rotate_compress: bool = False,
    ) -> None:
        """Open ``path``, so that an invalid path is an error at the start.

        Args:
            path: the file; a FIFO that has a reader works too. Links and files of other users are refused.
            format: format of the lines.
            keep_open: keep the file open. Otherwise every alert opens the file again, so it may be renamed at any time.
            rotate_bytes: size of a file before its rotation, in bytes; 0: any.
            rotate_every: seconds; the first alert of each such period rotates the file, in UTC: 86,400 at midnight. 0:
                never.
            rotate_keep: number of old files.
            rotate_compress: compress old files by gzip.

        Raises:
            OutputError: E801, it cannot be opened for writing, or another user may have created it, or it is no regular
                file and has a rotation.
            UsageError: E607, an argument has a wrong value.
        """
        if rotate_bytes < 0 or not 0 <= rotate_every < 1e9 or rotate_keep < 1:
            raise UsageError("E607", "file: rotate_bytes and rotate_every are at least 0, rotate_keep at least 1")
        self._path = os.fspath(path)
        self._format: AlertFormat = format
        self._bytes = rotate_bytes
        self._every = rotate_every
        self._rotation: Rotation | None = None
        if rotate_bytes or rotate_every:
            self._rotation = Rotation(self._path, rotate_keep, compress=rotate_compress)
        self._writer = LineWriter(is_shared=False)
        self._period: int | None = None  # of the last line
        self._next_attempt = 0.0
        self._fd: int | None = self._open()
        self._keep_open = keep_open
        if not keep_open:
            self._release()

    def send(self, alert: Printable) -> None:
        """Append one line."""
        self.send_batch((alert,))

    def send_batch(self, alerts: Sequence[Printable]) -> None:
        """Append one line for each alert, all of them at once unless a rotation is between them."""
        if self._fd is None:
            self._fd = self._open()
        try:
            lines = [encode(alert, self._format) for alert in alerts]
            if self._rotation is None:
                self._writer.write(self._fd, lines, self._path)
            else:
                self._write_rotating(self._rotation, lines)
        finally:
            if not self._keep_open:
                self._release()

    def reopen(self) -> None:
        """Open the path again, after the file was renamed; the old file stays in use if that fails."""
        if self._fd is None:
            return  # each alert opens it
        before, self._fd = self._fd, self._open()
        os.close(before)

    def close(self) -> None:
        """Close the file; wait a few seconds for the compression of an old one."""
        self._release()
        if self._rotation is not None:
            self._rotation.close()

    def _write_rotating(self, rotation: Rotation, lines: list[bytes]) -> None:
        trouble: OSError | None = None
        done = 0
        while done < len(lines):
            assert self._fd is not None
            size = os.fstat(self._fd).st_size
            if size and self._is_due(size, len(lines[done])):
                trouble = self._rotate(rotation) or trouble
                size = os.fstat(self._fd).st_size
            part = lines[done : done + self._count(size, lines[done:])]
            try:
                self._writer.write(self._fd, part, self._path)
            except DeliveryError as error:
                error.delivered += done
                raise
            self._period = self._period_of(time.time())
            done += len(part)
        trouble = trouble or rotation.take_error()
        if trouble is not None:
            text = f"{self._path}: rotation failed: {trouble.strerror or trouble}; the alerts are written"
            raise DeliveryError(text, delivered=len(lines), lost=0, retry=False) from trouble

    def _is_due(self, size: int, line: int) -> bool:
        if time.monotonic() < self._next_attempt:
            return False
        if self._bytes and size + line > self._bytes:
            return True
        return bool(self._every) and self._period is not None and self._period_of(time.time()) > self._period

    def _period_of(self, seconds: float) -> int:
        return int(seconds // self._every) if self._every else 0

    def _count(self, size: int, lines: list[bytes]) -> int:
        """Return how many lines fit into the file, at least one; all of them while rotations fail."""
        if not self._bytes or time.monotonic() < self._next_attempt:
            return len(lines)
        count = 0
        for line in lines:
            size += len(line)
            if size > self._bytes and count:
                break
            count += 1
        return count

    def _rotate(self, rotation: Rotation) -> OSError | None:
        """Continue in a new file; return the error if that fails."""
        assert self._fd is not None
        try:
            if _is_same(self._fd, self._path):  # otherwise another program has renamed the file
                rotation.rotate()
            before, self._fd = self._fd, self._open()
        except (OSError, OutputError) as error:
            self._next_attempt = time.monotonic() + _PAUSE
            return error if isinstance(error, OSError) else OSError(0, error.text)
        os.close(before)
        rotation.compress()
        return None

    def _open(self) -> int:
        try:
            if self._rotation is not None and os.path.islink(self._path):  # noqa: PTH114
                raise OutputError("E801", f"{self._path}: is a link, which has no rotation", hint="name its target")
            fd = open_private(self._path, append=True)
        except OSError as error:
            raise OutputError("E801", f"{self._path}: {error.strerror}") from error
        if self._rotation is not None:
            found = os.fstat(fd)
            if not stat.S_ISREG(found.st_mode):
                os.close(fd)
                raise OutputError("E801", f"{self._path}: is no regular file, so it has no rotation")
            self._period = self._period_of(found.st_mtime) if found.st_size else None
        return fd

    def _release(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def _is_same(fd: int, path: str) -> bool:
    """Return whether a path still names the open file."""
    try:
        return os.path.samestat(os.fstat(fd), os.lstat(path))
    except FileNotFoundError:
        return False
