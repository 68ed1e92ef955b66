# SPDX-License-Identifier: Apache-2.0
"""Test events that prove the path from the kernel to the alert queue.

Time is counted in reads that emptied the alert queue, at most one a second, and not by a clock: neither a suspended
process, nor a slow reader, nor a change of the clock looks like a missing event.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from tiercel.engine.stats import CanaryStats
from tiercel.notice import Notice
from tiercel.rules import Priority

__all__ = ["PATIENCE", "Canary"]

PATIENCE: Final = 10
"""Number of canaries, one a second, of which none arrives, until the path counts as broken."""

_NUMBERS: Final = 1 << 32


class Canary:
    """Sends canaries at an interval, and every second while none arrives."""

    def __init__(self, period: float, send: Callable[[int], None]) -> None:
        """Prepare; ``send`` makes the event with a number below 2**32, ``period`` is in seconds."""
        self._period = period
        self._send = send
        self._next = time.monotonic()
        self._waiting = 0  # canaries since the last that arrived
        self._missing_since: float | None = None
        self._sent = self._seen = 0

    def stats(self) -> CanaryStats:
        """Return the counters."""
        return CanaryStats(self._sent, self._seen, self._missing_since is not None)

    def tick(self, *, queue_was_emptied: bool) -> list[Notice]:
        """Send a canary if it is due; called once a second.

        Args:
            queue_was_emptied: alerts were read since the last call, until the queue had no more.
        """
        if self._waiting and not queue_was_emptied:
            return []
        if not self._waiting and time.monotonic() < self._next:
            return []
        found: list[Notice] = []
        if self._waiting >= PATIENCE and self._missing_since is None:
            self._missing_since = time.monotonic()
            found.append(_missing(self._waiting))
        self._waiting += 1
        self._sent += 1
        self._send(self._sent % _NUMBERS)
        return found

    def arrived(self, number: int) -> list[Notice]:
        """Process a canary that arrived; one from an earlier period has no effect."""
        if (self._sent - number) % _NUMBERS >= self._waiting:
            return []
        self._seen += 1
        self._waiting = 0
        self._next = time.monotonic() + self._period
        since, self._missing_since = self._missing_since, None
        return [] if since is None else [_back(round(time.monotonic() - since))]


def _missing(count: int) -> Notice:
    text = f"the sensor is blind: of {count} test events in a row, none came from the kernel to the alerts"
    return Notice("canary missing", Priority.CRITICAL, text, {"n_canaries": count})


def _back(seconds: int) -> Notice:
    text = f"test events come from the kernel to the alerts again, {seconds} s after the report that they do not"
    return Notice("canary back", Priority.NOTICE, text, {"seconds": seconds})
