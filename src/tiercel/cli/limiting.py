# SPDX-License-Identifier: Apache-2.0
"""Limits of repeated alerts between a sensor and the outputs."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Final

from tiercel.alerts.alert import Alert
from tiercel.alerts.limiter import AlertLimiter
from tiercel.alerts.limits import AlertLimit, LimitStats
from tiercel.cli.alerting import counted, say

__all__ = ["Limiting", "say_limits"]

_GRACE_NS: Final = 2_000_000_000  # alerts that waited for metadata come late
_TICK: Final = 1.0  # seconds between two looks for windows that ended


class Limiting:
    """Task of the main loop that delivers summaries at the ends of windows."""

    def __init__(self, limiter: AlertLimiter, deliver: Callable[[Sequence[Alert]], None]) -> None:
        """Prepare; ``deliver`` gets the summaries."""
        self.limiter = limiter
        self._deliver = deliver
        self._next = 0.0

    def fileno(self) -> None:
        """Return None: no descriptor announces the end of a window."""

    def due(self) -> float:
        return self._next if self.limiter.limits else math.inf

    def work(self) -> None:
        """Deliver the summaries of windows that have ended."""
        if self.limiter.limits and time.monotonic() >= self._next:
            self._next = time.monotonic() + _TICK
            self._send(self.limiter.expire(time.time_ns() - _GRACE_NS))

    def replace(self, limits: Sequence[AlertLimit]) -> None:
        """Use the limits of a reloaded configuration."""
        self._send(self.limiter.replace(limits))

    def finish(self) -> None:
        """Deliver the summaries of all windows."""
        self._send(self.limiter.finish())

    def _send(self, summaries: Sequence[Alert]) -> None:
        if summaries:
            self._deliver(summaries)


def say_limits(stats: LimitStats) -> None:
    """Report suppressed alerts; print nothing without any."""
    if stats.suppressed:
        total = sum(stats.suppressed.values())
        early = f"; {counted(stats.evicted, 'window')} ended early, because the table was full" if stats.evicted else ""
        summaries = f"{stats.summaries} summar{'y' if stats.summaries == 1 else 'ies'}"
        say(f"suppressed by alert_limits: {counted(total, 'alert')}, reported in {summaries}{early}")
    if stats.lacking:
        hint = "append_output can add it to the rule"
        say(f"not limited: {counted(stats.lacking, 'alert')} without a field of alert_limits; {hint}")
