# SPDX-License-Identifier: Apache-2.0
"""Dispatcher of alerts to all outputs; counts failed deliveries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from tiercel.errors import OutputError
from tiercel.outputs import Output, Printable, ReaderGoneError, Reopenable

__all__ = ["Delivery"]


class Delivery:
    """Delivery of each alert to all outputs.  A failed output does not affect the others.

    Attributes:
        delivered: alerts that reached at least one output.
        failures: failed deliveries, summed over the outputs.
        reader_gone: every output has lost its reader, so that no alert can be delivered any more.
    """

    def __init__(self, outputs: Sequence[Output], on_failure: Callable[[OutputError], None]) -> None:
        """Deliver to ``outputs``; ``on_failure`` is called with the first error of each."""
        self._outputs = list(outputs)
        self._gone: set[Output] = set()
        self._complained: set[Output] = set()
        self._on_failure = on_failure
        self.delivered = 0
        self.failures = 0

    @property
    def reader_gone(self) -> bool:
        return bool(self._outputs) and len(self._gone) == len(self._outputs)

    def send(self, alerts: Iterable[Printable]) -> None:
        """Send each alert to each output."""
        for alert in alerts:
            reached = [self._send(output, alert) for output in self._outputs]
            self.delivered += any(reached)

    def reopen(self) -> None:
        """Open the files of all outputs again, as after a rotation; an output that fails keeps the old file."""
        for output in self._outputs:
            if isinstance(output, Reopenable):
                try:
                    output.reopen()
                except OutputError as error:
                    self._on_failure(error)
                else:
                    self._gone.discard(output)
                    self._complained.discard(output)

    def close(self) -> None:
        """Close the outputs."""
        for output in self._outputs:
            output.close()

    def _send(self, output: Output, alert: Printable) -> bool:
        if output in self._gone:
            self.failures += 1
            return False
        try:
            output.send(alert)
        except OutputError as error:
            self.failures += 1
            if isinstance(error, ReaderGoneError):
                self._gone.add(output)
            if output not in self._complained:
                self._complained.add(output)
                self._on_failure(error)
            return False
        return True
