# SPDX-License-Identifier: Apache-2.0
"""Stream of the notices of a sensor: a bounded queue, a callback, and the log."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from tiercel.engine.stats_collection import Counts
from tiercel.notice import Notice
from tiercel.rules import Priority

__all__ = ["NoticeStream"]

_LOG: Final = logging.getLogger("tiercel.notices")
_CAPACITY: Final = 1000
_TICK: Final = 1.0  # seconds between two checks of an iteration


class NoticeStream:
    """Notices of one sensor.

    Iteration yields notices as they arrive, until the sensor is stopped; :meth:`take` does not wait. The stream keeps
    the latest 1,000 notices. Without a callback, notices also go to the logger ``tiercel.notices``.

    Attributes:
        lost: notices that a full stream dropped.
    """

    def __init__(
        self,
        on_notice: Callable[[Notice], object] | None,
        errors: Counts,
        collect: Callable[[], None],
        is_running: Callable[[], bool],
    ) -> None:
        """Prepare an empty stream; ``collect`` checks the counters and adds the notices that are due."""
        self._on_notice = on_notice
        self._errors = errors
        self._collect = collect
        self._is_running = is_running
        self._waiting: deque[Notice] = deque()
        self._arrived = threading.Event()
        self.lost = 0

    def add(self, notices: Iterable[Notice]) -> None:
        """Append notices, and report each to the callback or the log."""
        for notice in notices:
            if len(self._waiting) >= _CAPACITY:
                self._waiting.popleft()
                self.lost += 1
            self._waiting.append(notice)
            self._report(notice)
            self._arrived.set()

    def take(self, max: int = _CAPACITY) -> list[Notice]:  # noqa: A002 - as in Sensor.read
        """Return up to ``max`` waiting notices, without waiting."""
        self._collect()
        self._arrived.clear()
        found: list[Notice] = []
        while self._waiting and len(found) < max:
            found.append(self._waiting.popleft())
        return found

    def __iter__(self) -> Iterator[Notice]:
        while True:
            running = self._is_running()
            notices = self.take()
            yield from notices
            if not notices and not running:
                return
            if not notices:
                self._arrived.wait(_TICK)

    def _report(self, notice: Notice) -> None:
        if self._on_notice is None:
            _LOG.log(_level(notice.priority), "%s", notice.text)
            return
        try:
            self._on_notice(notice)
        except Exception as error:  # noqa: BLE001 - the next notice must be reported
            self._errors.add(error)


def _level(priority: Priority) -> int:
    if priority <= Priority.ERROR:
        return logging.ERROR
    return logging.WARNING if priority <= Priority.WARNING else logging.INFO
