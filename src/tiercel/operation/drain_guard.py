# SPDX-License-Identifier: Apache-2.0
"""End of a run whose drain thread is stuck."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from typing import Final

__all__ = ["DrainGuard"]

_PERIOD: Final = 1.0


class DrainGuard:
    """Ends the process with status 1 once the sensor is stuck; a task of the main loop.

    The thread cannot be joined, so neither the sensor nor the interpreter can end in order.
    """

    def __init__(
        self,
        is_stuck: Callable[[], bool],
        say: Callable[[str], None],
        close: Callable[[], None],
        end: Callable[[int], object] = os._exit,
    ) -> None:
        """Prepare; ``close`` delivers what is queued, within a time limit, and ``end`` ends the process."""
        self._is_stuck = is_stuck
        self._say = say
        self._close = close
        self._end = end
        self._next = time.monotonic() + _PERIOD

    def fileno(self) -> None:
        return None

    def due(self) -> float:
        return self._next

    def work(self) -> None:
        """Check once a second."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _PERIOD
        if not self._is_stuck():
            return
        self._next = math.inf
        self._say("the drain thread is stuck: the run ends with status 1, so that a supervisor starts it again")
        try:
            self._close()
        finally:
            self._end(1)
