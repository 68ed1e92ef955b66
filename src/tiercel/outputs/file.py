# SPDX-License-Identifier: Apache-2.0
"""Output that appends alerts to a file."""

from __future__ import annotations

import os
from collections.abc import Sequence

from tiercel.errors import OutputError
from tiercel.outputs.base import Printable, encode, write_lines
from tiercel.private_files import open_private
from tiercel.schema.alert_formats import AlertFormat

__all__ = ["FileOutput"]


class FileOutput:
    """Output that appends one line for each alert to a file; a new file is accessible to its owner only."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        format: AlertFormat = "text",
        keep_open: bool = True,
    ) -> None:
        """Open ``path``, so that an invalid path is an error at the start.

        Args:
            path: the file; a FIFO that has a reader works too. Links and files of other users are refused.
            format: format of the lines.
            keep_open: keep the file open. Otherwise every alert opens the file again, so it may be renamed at any time.

        Raises:
            OutputError: E801, it cannot be opened for writing, or another user may have created it.
        """
        self._path = os.fspath(path)
        self._format: AlertFormat = format
        self._fd: int | None = self._open()
        self._keep_open = keep_open
        if not keep_open:
            self._release()

    def send(self, alert: Printable) -> None:
        """Append one line."""
        self.send_batch((alert,))

    def send_batch(self, alerts: Sequence[Printable]) -> None:
        """Append one line for each alert, all of them at once."""
        if self._fd is None:
            self._fd = self._open()
        try:
            write_lines(self._fd, [encode(alert, self._format) for alert in alerts], self._path)
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
        """Close the file."""
        self._release()

    def _open(self) -> int:
        try:
            return open_private(self._path, append=True)
        except OSError as error:
            raise OutputError("E801", f"{self._path}: {error.strerror}") from error

    def _release(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
