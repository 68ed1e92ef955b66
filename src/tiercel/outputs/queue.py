# SPDX-License-Identifier: Apache-2.0
"""Bounded queue of the alerts of one output."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

__all__ = ["AlertQueue", "MemoryQueue"]

_ROOM: Final = 0.002  # seconds between two looks for room


class AlertQueue(Protocol):
    """Queue of alerts with one consumer, which removes alerts after their delivery.

    Attributes:
        ready: condition that is notified when alerts arrive while :attr:`idle` is set.
        idle: the consumer waits, or is about to: it sets this before it looks for alerts.
        durable: the alerts outlive this process.
    """

    ready: threading.Condition
    idle: bool
    durable: bool

    def __len__(self) -> int: ...

    def peek(self, limit: int) -> Sequence[Any]:
        """Return the first alerts, at most ``limit``, without their removal."""

    def done(self, count: int) -> None:
        """Remove the first ``count`` alerts."""


class MemoryQueue:
    """Queue in memory with one producer and one consumer.  A full queue refuses the newest alerts.

    The producer appends and the consumer removes without a lock: both are single operations of a ``deque``. The
    producer reads :attr:`idle` after it appended, so that it cannot miss a consumer that found nothing.
    """

    durable = False

    def __init__(self, capacity: int) -> None:
        self.ready = threading.Condition()
        self.idle = False
        self._capacity = capacity
        self._alerts: deque[Any] = deque()

    def __len__(self) -> int:
        return len(self._alerts)

    def put(self, alerts: Sequence[Any], wait: Callable[[], bool]) -> int:
        """Append alerts; return how many were refused because the queue is full.

        While ``wait`` returns True, the call waits for room instead.
        """
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
