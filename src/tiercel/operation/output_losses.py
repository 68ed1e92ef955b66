# SPDX-License-Identifier: Apache-2.0
"""Notices about alerts that are lost at outputs."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Final

from tiercel.notice import Notice
from tiercel.outputs.worker import OutputStats
from tiercel.rules import Priority

__all__ = ["OutputLosses"]

_LOOK: Final = 1.0  # seconds between two looks at the counters
_FIRST_PERIOD: Final = 10.0  # seconds until the second notice about one output; each one waits twice as long
_MAX_PERIOD: Final = 600.0


class OutputLosses:
    """Notice for each output that lost alerts; a task of the main loop.

    A notice may become an alert, which is lost at the same output and causes the next notice. So the time between two
    notices about one output grows up to ten minutes; it is ten seconds again after as long without a loss.
    """

    def __init__(self, stats: Callable[[], Mapping[str, OutputStats]], notify: Callable[[Notice], None]) -> None:
        """Prepare; ``stats`` returns the counters by output, ``notify`` reports a notice."""
        self._stats = stats
        self._notify = notify
        self._before = dict(stats())
        self._due: dict[str, tuple[float, float]] = {}  # time of the next notice, and the period after it
        self._next = time.monotonic() + _LOOK

    def fileno(self) -> None:
        return None

    def due(self) -> float:
        return self._next

    def work(self) -> None:
        """Compare the counters, once a second."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + _LOOK
        stats = self._stats()
        for name, one in stats.items():
            before = self._before.get(name, OutputStats())
            due, period = self._due.get(name, (0.0, _FIRST_PERIOD))
            if (one.failed, one.dropped) == (before.failed, before.dropped) or now < due:
                continue
            if now > due + period:
                period = _FIRST_PERIOD
            self._due[name] = now + period, min(2 * period, _MAX_PERIOD)
            self._before[name] = one
            if (notice := _notice(name, before, one)) is not None:
                self._notify(notice)


def _notice(name: str, before: OutputStats, now: OutputStats) -> Notice | None:
    counts = {"refused": now.failed - before.failed, "dropped": now.dropped - before.dropped}
    counts = {what: number for what, number in counts.items() if number > 0}
    total = sum(counts.values())
    if not total:
        return None  # another output has this name now
    listed = ", ".join(f"{what} {number}" for what, number in counts.items())
    text = f"{total} alert{'' if total == 1 else 's'} lost at the output {name} ({listed}; waiting {_waiting(now)})"
    fields = {"output": name, "n_alerts": total, **{f"n_alerts.{what}": number for what, number in counts.items()}}
    return Notice("alerts lost at an output", Priority.WARNING, text, fields)


def _waiting(now: OutputStats) -> int:
    return now.queued + now.spooled
