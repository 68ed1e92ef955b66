# SPDX-License-Identifier: Apache-2.0
"""Capture files opened for reading, as descriptors for the core."""

from __future__ import annotations

import os
from types import TracebackType
from typing import Final

from tiercel.errors import SourceError

__all__ = ["CaptureFile"]

_STDIN: Final = 0


class CaptureFile:
    """Open capture file; ``-`` is standard input, which stays open.

    Attributes:
        name: its name in messages.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Open ``path``.

        Raises:
            SourceError: E701, the file cannot be opened, or is a folder.
        """
        given = os.fspath(path)
        self.name = given if given != "-" else "<stdin>"
        self._is_ours = given != "-"
        try:
            self._fd = os.open(given, os.O_RDONLY | os.O_CLOEXEC) if self._is_ours else _STDIN
            if os.path.isdir(self._fd):  # noqa: PTH112 - a descriptor has no Path
                self.close()
                raise SourceError("E701", f"{self.name}: is a folder")
        except OSError as error:
            raise SourceError("E701", f"{self.name}: {error.strerror}") from error

    def fileno(self) -> int:
        """Return the descriptor."""
        return self._fd

    def close(self) -> None:
        """Close the file; repeated calls have no effect."""
        if self._is_ours and self._fd >= 0:
            os.close(self._fd)
        self._fd = -1

    def __enter__(self) -> CaptureFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
