# SPDX-License-Identifier: Apache-2.0
"""Delivery of alerts whose outputs can be replaced while it runs."""

from __future__ import annotations

from collections.abc import Iterable

from tiercel.outputs.base import Printable
from tiercel.outputs.dispatch import Delivery

__all__ = ["SwitchedDelivery"]


class SwitchedDelivery:
    """Current delivery, and the counters of those before it.

    Attributes:
        failures: failed deliveries since the start.
        reader_gone: as of the current delivery.
    """

    def __init__(self, delivery: Delivery) -> None:
        self._current = delivery
        self._failures_before = 0

    @property
    def current(self) -> Delivery:
        """The delivery in use."""
        return self._current

    @property
    def failures(self) -> int:
        return self._failures_before + self._current.failures

    @property
    def reader_gone(self) -> bool:
        return self._current.reader_gone

    def send(self, alerts: Iterable[Printable]) -> None:
        """Send each alert to each output."""
        self._current.send(alerts)

    def reopen(self) -> None:
        """Open files of alerts again, after a rotation."""
        self._current.reopen()

    def switch(self, delivery: Delivery) -> None:
        """Deliver later alerts by ``delivery``; close the one before, which delivers its own alerts first."""
        before, self._current = self._current, delivery
        before.close()
        self._failures_before += before.failures

    def close(self) -> None:
        """Close the outputs."""
        self._current.close()
