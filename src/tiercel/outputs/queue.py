# SPDX-License-Identifier: Apache-2.0
"""Bounded queue of the alerts of one output: its interface, and the one in memory."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

__all__ = ["AlertQueue", "MemoryQueue"]

_ROOM: Final = 0.002  # seconds between two looks for room


class AlertQueue(Protocol):
    """Queue of alerts with one producer and one consumer, which removes alerts after their delivery.

    Attributes:
        ready: condition that is notified when alerts arrive while :attr:`idle` is set.
        idle: the consumer waits, or is about to: it sets this before it looks for alerts.
        dropped: alerts that the queue deleted before their delivery.
    """

    ready: threading.Condition
    idle: bool
    dropped: int

    def __len__(self) -> int:
        """Return the number of alerts that :meth:`peek` can return now."""

    @property
    def queued(self) -> int:
        """Alerts in memory, which end with the process."""

    @property
    def spooled(self) -> int:
        """Alerts on disk."""

    def resize(self, capacity: int, limit: int) -> None:
        """Change the number of alerts in memory, and the bytes on disk."""

    def put(self, alerts: Sequence[Any], wait: Callable[[], bool]) -> int:
        """Append alerts; return how many were refused. While ``wait`` returns True, wait for room instead of a loss."""

    def peek(self, limit: int) -> Sequence[Any]:
        """Return the first alerts, at most ``limit``, without their removal."""

    def done(self, count: int) -> None:
        """Remove the first ``count`` alerts; each :meth:`peek` is followed by one call, also with 0."""

    def close(self) -> None:
        """Release files; repeated calls have no effect."""


class MemoryQueue:
    """Queue in memory.  A full queue refuses the newest alerts.

    The producer appends and the consumer removes without a lock: both are single operations of a ``deque``. The
    producer reads :attr:`idle` after it appended, so that it cannot miss a consumer that found nothing.
    """

    dropped = 0
    spooled = 0

    def __init__(self, capacity: int) -> None:
        self.ready = threading.Condition()
        self.idle = False
        self._capacity = capacity
        self._alerts: deque[Any] = deque()

    def __len__(self) -> int:
        return len(self._alerts)

    @property
    def queued(self) -> int:
        return len(self._alerts)

    def resize(self, capacity: int, limit: int) -> None:  # noqa: ARG002 - for spools
        self._capacity = capacity

    def put(self, alerts: Sequence[Any], wait: Callable[[], bool]) -> int:
        at = 0
        while at < len(alerts):
            room = self._capacity - len(self._alerts)
            if room > 0:
                self._alerts.extend(alerts[at : at + room])
                at += room
                if self.idle:
                    with self.ready:
                        self.ready.notify()
            elif wait():
                time.sleep(_ROOM)
            else:
                return len(alerts) - at
        return 0

    def peek(self, limit: int) -> list[Any]:
        alerts = self._alerts
        return [alerts[number] for number in range(min(limit, len(alerts)))]

    def done(self, count: int) -> None:
        for _ in range(count):
            self._alerts.popleft()

    def close(self) -> None: ...
