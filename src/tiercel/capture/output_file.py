# SPDX-License-Identifier: Apache-2.0
"""Capture files opened for writing."""

from __future__ import annotations

import contextlib
import gzip
import os
from pathlib import Path
from typing import BinaryIO, Final, cast

from tiercel.errors import SourceError
from tiercel.private_files import open_private

__all__ = ["CaptureOutput", "numbered"]

_LEVEL: Final = 4  # of compression: two thirds of the time of the default, files a few percent larger


class _Counting:
    """File with a count of the written bytes, as a FIFO has no position."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.size = 0

    def write(self, data: bytes) -> int:
        self.size += len(data)
        return self.file.write(data)

    def flush(self) -> None:
        self.file.flush()


class CaptureOutput:
    """New capture file, plain or compressed by gzip. Only its owner can read it."""

    def __init__(self, path: str | os.PathLike[str], *, compress: bool | None = None, new: bool = False) -> None:
        """Create the file, or empty an existing one.

        Args:
            path: of the file, or of a FIFO that has a reader; links of other users are refused.
            compress: by default if its name ends in ``.gz``.
            new: refuse an existing file.

        Raises:
            SourceError: E710, the file cannot be created.
        """
        self.path = os.fspath(path)
        try:
            self._raw = _Counting(os.fdopen(open_private(self.path, new=new), "wb"))
        except OSError as error:
            raise self._failed(error) from error
        self._gzip: gzip.GzipFile | None = None
        if compress if compress is not None else self.path.endswith(".gz"):
            name = Path(self.path).name.removesuffix(".gz")
            self._gzip = gzip.GzipFile(name, "wb", _LEVEL, cast("BinaryIO", self._raw))

    @property
    def size(self) -> int:
        """Bytes of the file so far; a compressed file still gets buffered bytes."""
        return self._raw.size

    @property
    def compressed(self) -> bool:
        """True if the file is compressed."""
        return self._gzip is not None

    def write(self, blocks: bytes) -> None:
        """Append blocks; blocks in a plain file survive the end of this process.

        Raises:
            SourceError: E710, write error, as a full disk. The file is closed then.
        """
        try:
            if self._gzip is not None:
                self._gzip.write(blocks)
            else:
                self._raw.write(blocks)
                self._raw.flush()
        except OSError as error:
            self._abandon()
            raise self._failed(error) from error

    def close(self) -> None:
        """Complete the file.

        Raises:
            SourceError: E710, its end could not be written.
        """
        try:
            if self._gzip is not None:
                self._gzip.close()
            self._raw.file.close()
        except OSError as error:
            self._abandon()
            raise self._failed(error) from error

    def _abandon(self) -> None:
        """Close the file as it is after an error, without its end."""
        with contextlib.suppress(OSError):
            self._raw.file.close()

    def _failed(self, error: OSError) -> SourceError:
        return SourceError("E710", f"{self.path}: {error.strerror or error}")


def numbered(path: str | os.PathLike[str], number: int) -> str:
    """Return the name of one file of a sequence: ``out.scap.gz`` becomes ``out.3.scap.gz``."""
    given = Path(path)
    stem, dot, endings = given.name.partition(".")
    if given.name.startswith("."):
        stem, dot, endings = given.name, "", ""
    return os.fspath(given.with_name(f"{stem}.{number}{dot}{endings}"))
