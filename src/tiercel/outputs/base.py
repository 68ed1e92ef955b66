# SPDX-License-Identifier: Apache-2.0
"""Interface of an output, and its view of an alert."""

from __future__ import annotations

import os
import select
from typing import Protocol, runtime_checkable

from tiercel.errors import OutputError

__all__ = ["Output", "Printable", "ReaderGoneError", "Reopenable", "encode", "write_all"]


class Printable(Protocol):
    """Part of the interface of an alert that outputs use."""

    def to_text(self) -> str:
        """Return the alert as one line of text, without a line end and without control characters."""

    def to_json(self) -> str:
        """Return the alert as one line of JSON, without a line end."""


class Output(Protocol):
    """Destination of alerts."""

    def send(self, alert: Printable) -> None:
        """Deliver one alert. Raises ``OutputError`` (E802) after a failure; the next alert may be delivered anyway."""

    def close(self) -> None:
        """Release all resources; repeated calls have no effect."""


@runtime_checkable
class Reopenable(Protocol):
    """Output to a file that other programs may rename, as log rotation does."""

    def reopen(self) -> None:
        """Open the file by its name again. Raises ``OutputError`` (E801) and keeps the old one if that fails."""


class ReaderGoneError(OutputError):
    """E802: the other end of a pipe or socket has gone, so nothing can be delivered any more."""


def encode(alert: Printable, *, json: bool) -> bytes:
    """Return the line of ``alert`` with its line end, as UTF-8."""
    return (alert.to_json() if json else alert.to_text()).encode() + b"\n"


def _write_some(fd: int, view: memoryview) -> int:
    try:
        return os.write(fd, view)
    except BlockingIOError:  # a process that shares the descriptor made it non-blocking
        poller = select.poll()
        poller.register(fd, select.POLLOUT)
        poller.poll()
        return 0


def write_all(fd: int, data: bytes, name: str) -> None:
    """Write all of ``data`` to ``fd``; wait for room if the descriptor is non-blocking.

    Raises:
        ReaderGoneError: the pipe or socket has no reader any more.
        OutputError: E802, any other failure; ``name`` is the output in its text.
    """
    view = memoryview(data)
    try:
        while view:
            view = view[_write_some(fd, view) :]
    except BrokenPipeError as error:
        raise ReaderGoneError("E802", f"{name}: the reader has gone") from error
    except OSError as error:
        raise OutputError("E802", f"{name}: {error.strerror}") from error
