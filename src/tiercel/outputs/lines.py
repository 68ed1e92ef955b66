# SPDX-License-Identifier: Apache-2.0
"""Writer of lines that keeps their boundaries after failures, such as a full disk."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence

from tiercel.outputs.base import DeliveryError, write_lines

__all__ = ["LineWriter"]


class LineWriter:
    """Writer of lines to one file or stream.

    After a failure in the middle of a line, it removes the part of that line from the end of a regular file. Where that
    is impossible, as in a pipe, the next line begins with a line end.
    """

    def __init__(self, *, is_shared: bool) -> None:
        """Prepare; ``is_shared``: other processes may write by the same descriptor, so nothing is removed."""
        self._is_shared = is_shared
        self._is_torn = False

    def write(self, fd: int, lines: Sequence[bytes], name: str) -> None:
        """Write lines at once; the errors are those of :func:`~tiercel.outputs.base.write_lines`."""
        if self._is_torn:
            lines = [b"\n" + lines[0], *lines[1:]]
        try:
            write_lines(fd, lines, name)
        except DeliveryError as error:
            if error.torn and (self._is_shared or not _removed(fd, error.torn)):
                self._is_torn = True
            elif error.delivered:
                self._is_torn = False
            raise
        self._is_torn = False


def _removed(fd: int, part: int) -> bool:
    """Remove the last bytes of a regular file, if no other process has written after them."""
    try:
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode) or os.lseek(fd, 0, os.SEEK_CUR) != found.st_size:
            return False
        os.ftruncate(fd, found.st_size - part)
    except OSError:
        return False
    return True
