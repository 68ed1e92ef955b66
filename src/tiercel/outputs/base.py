# SPDX-License-Identifier: Apache-2.0
"""Interface of an output, and its view of an alert."""

from __future__ import annotations

import os
import select
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from tiercel.errors import OutputError
from tiercel.rules.model import Priority
from tiercel.schema.alert_formats import AlertFormat

__all__ = [
    "AlertView",
    "BatchOutput",
    "DeliveryError",
    "Output",
    "Printable",
    "ReaderGoneError",
    "Reopenable",
    "encode",
    "write_lines",
]


class Printable(Protocol):
    """Part of the interface of an alert that outputs use."""

    def render(self, format: AlertFormat) -> str:
        """Return the alert as one line, without a line end and without control characters."""


class AlertView(Printable, Protocol):
    """Interface of a whole alert, for outputs that use more than its line; see :class:`tiercel.Alert`."""

    @property
    def rule(self) -> str: ...
    @property
    def priority(self) -> Priority: ...
    @property
    def source(self) -> str: ...
    @property
    def tags(self) -> tuple[str, ...]: ...
    @property
    def time_ns(self) -> int: ...
    @property
    def hostname(self) -> str: ...
    @property
    def fields(self) -> Mapping[str, Any]: ...
    @property
    def message(self) -> str: ...
    @property
    def output(self) -> str: ...
    def to_text(self) -> str: ...
    def to_json(self) -> str: ...
    def json_fields(self) -> Mapping[str, Any]: ...


class Output(Protocol):
    """Destination of alerts.

    An output may have the attribute ``remote = True``: its receiver may be away for a while. Such an output always has
    a thread of its own, and its alerts may be spooled on disk. A class may have the attribute ``lazy = True``: its
    constructor only checks the options, and the first alert opens a file or connection. ``tiercel check`` creates such
    outputs.
    """

    def send(self, alert: AlertView) -> None:
        """Deliver one alert. Raises ``OutputError`` (E802) after a failure; the next alert may be delivered anyway."""

    def close(self) -> None:
        """Release all resources; repeated calls have no effect."""


@runtime_checkable
class BatchOutput(Protocol):
    """Output that takes several alerts in one call."""

    def send_batch(self, alerts: Sequence[AlertView]) -> None:
        """Deliver alerts in order, and flush them.

        Raises :class:`DeliveryError` with the number of delivered alerts. After any other ``OutputError``, the first
        alert counts as lost. The next call starts with the first alert that is neither delivered nor lost.
        """


@runtime_checkable
class Reopenable(Protocol):
    """Output to a file that other programs may rename, as log rotation does."""

    def reopen(self) -> None:
        """Open the file by its name again. Raises ``OutputError`` (E801) and keeps the old one if that fails."""


class DeliveryError(OutputError):
    """E802: a batch was not delivered, or only some of its alerts.

    The first ``delivered + lost`` alerts of the batch are finished, in any order.

    Attributes:
        delivered: number of these alerts that were delivered.
        lost: number of these alerts that were lost; by default one if ``retry`` is False.
        retry: the other alerts may be delivered after a delay; False: at once.
        after: seconds until the next attempt, as the receiver requested; 0: the usual back-off.
        torn: bytes of the next line that were written before the failure.
    """

    torn = 0

    def __init__(
        self,
        text: str,
        *,
        delivered: int = 0,
        lost: int | None = None,
        retry: bool = True,
        after: float = 0.0,
        hint: str | None = None,
    ) -> None:
        super().__init__("E802", text, hint=hint)
        self.delivered = delivered
        self.lost = (0 if retry else 1) if lost is None else lost
        self.retry = retry
        self.after = after


class ReaderGoneError(OutputError):
    """E802: the other end of a pipe or socket has gone, so nothing can be delivered any more.

    Attributes:
        delivered: number of alerts at the start of the batch that were written before.
    """

    delivered = 0


def encode(alert: Printable, format: AlertFormat) -> bytes:
    """Return the line of ``alert`` with its line end, as UTF-8."""
    return alert.render(format).encode() + b"\n"


def _write_some(fd: int, view: memoryview) -> int:
    try:
        return os.write(fd, view)
    except BlockingIOError:  # a process that shares the descriptor made it non-blocking
        poller = select.poll()
        poller.register(fd, select.POLLOUT)
        poller.poll()
        return 0


def write_lines(fd: int, lines: Sequence[bytes], name: str) -> None:
    """Write lines to ``fd`` at once; wait for room if the descriptor is non-blocking.

    Raises:
        ReaderGoneError: the pipe or socket has no reader any more; ``delivered`` counts the complete lines.
        DeliveryError: any other failure, which loses one line; ``name`` is the output in its text.
    """
    view = memoryview(b"".join(lines))
    whole = len(view)
    try:
        while view:
            view = view[_write_some(fd, view) :]
    except OSError as error:
        written = _complete(lines, whole - len(view))
        if isinstance(error, BrokenPipeError):
            gone = ReaderGoneError("E802", f"{name}: the reader has gone")
            gone.delivered = written
            raise gone from error
        failure = DeliveryError(f"{name}: {error.strerror}", delivered=written, retry=False)
        failure.torn = whole - len(view) - sum(map(len, lines[:written]))
        raise failure from error


def _complete(lines: Sequence[bytes], written: int) -> int:
    """Return how many lines the first ``written`` bytes contain."""
    for number, line in enumerate(lines):
        written -= len(line)
        if written < 0:
            return number
    return len(lines)
