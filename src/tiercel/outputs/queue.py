# SPDX-License-Identifier: Apache-2.0
"""Bounded queue of the alerts of one output."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any, Protocol

__all__ = ["AlertQueue", "MemoryQueue"]


class AlertQueue(Protocol):
    """Queue of alerts with one consumer, which removes alerts after their delivery.

    Attributes:
        ready: condition that is notified when alerts arrive.
        durable: the alerts outlive this process.
    """

    ready: threading.Condition
    durable: bool

    def __len__(self) -> int: ...

    def peek(self, limit: int) -> Sequence[Any]:
        """Return the first alerts, at most ``limit``, without their removal."""

    def done(self, count: int) -> None:
        """Remove the first ``count`` alerts."""


class MemoryQueue:
    """Queue in memory.  A full queue refuses the newest alerts."""

    durable = False

    def __init__(self, capacity: int) -> None:
        lock = threading.RLock()
        self.ready = threading.Condition(lock)
        self._room = threading.Condition(lock)
        self._capacity = capacity
        self._alerts: deque[Any] = deque()

    def __len__(self) -> int:
        return len(self._alerts)

    def put(self, alerts: Sequence[Any], wait: Callable[[], bool]) -> int:
        """Append alerts; return how many were refused because the queue is full.

        While ``wait`` returns True, the call waits for room instead.
        """
        at = 0
        with self.ready:
            while at < len(alerts):
                room = self._capacity - len(self._alerts)
                if room <= 0:
                    if not wait():
                        break
                    self._room.wait(0.05)
                    continue
                if not self._alerts:
                    self.ready.notify()
                self._alerts.extend(alerts[at : at + room])
                at += room
        return max(len(alerts) - at, 0)

    def peek(self, limit: int) -> list[Any]:
        with self.ready:
            return list(islice(self._alerts, limit))

    def done(self, count: int) -> None:
        with self.ready:
            for _ in range(count):
                self._alerts.popleft()
            self._room.notify()
