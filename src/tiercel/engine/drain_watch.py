# SPDX-License-Identifier: Apache-2.0
"""Detection of a drain thread that does not run any more.

The thread polls the rings at least 100 times a second. Like canaries, the watch counts reads that emptied the alert
queue and not seconds: a suspended process, and a thread that waits for room in the queue, are no fault.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tiercel.notice import Notice
from tiercel.rules import Priority

__all__ = ["PATIENCE", "DrainWatch"]

PATIENCE: Final = 20
"""Number of checks in a row, one a second, without a poll of the rings, until the thread counts as stuck."""


class DrainWatch:
    """Compares the number of polls once a second.

    Attributes:
        is_stuck: the thread does not poll the rings.
    """

    def __init__(self, polls: Callable[[], int]) -> None:
        """Prepare; ``polls`` returns the number of polls so far."""
        self._polls = polls
        self._last = -1
        self._idle = 0
        self.is_stuck = False

    def tick(self, *, queue_was_emptied: bool) -> list[Notice]:
        """Compare; ``queue_was_emptied`` means that alerts were read until the queue had no more."""
        now = self._polls()
        if now != self._last:
            self._last, self._idle = now, 0
            was_stuck, self.is_stuck = self.is_stuck, False
            return [_resumed()] if was_stuck else []
        if queue_was_emptied:
            self._idle += 1
        if self._idle < PATIENCE or self.is_stuck:
            return []
        self.is_stuck = True
        return [_stuck()]


def _stuck() -> Notice:
    text = f"the drain thread is stuck: it has not read the ring buffers for {PATIENCE} s, and nothing is evaluated"
    return Notice("drain stuck", Priority.CRITICAL, text, {"seconds": PATIENCE})


def _resumed() -> Notice:
    return Notice("drain resumed", Priority.NOTICE, "the drain thread reads the ring buffers again", {})
