# SPDX-License-Identifier: Apache-2.0
"""Limiter of repeated alerts, in the time of their events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from types import MappingProxyType
from typing import Any, Final

from tiercel.alerts.alert import Alert, derived
from tiercel.alerts.limits import AlertLimit, LimitStats
from tiercel.errors import UsageError

__all__ = ["CAPACITY", "AlertLimiter"]

CAPACITY: Final = 10_000
"""Windows of one limit that are open at a time."""

_SECOND: Final = 1_000_000_000
_MAX_MESSAGE_LENGTH: Final = 1024  # characters of the first alert in a summary


class AlertLimiter:
    """Limiter of repeated alerts, by the first of its limits that concerns an alert.

    >>> limiter = AlertLimiter([AlertLimit(fields=("proc.exepath",), window=60)])
    >>> for batch in sensor.batches():                                        # doctest: +SKIP
    ...     for alert in (*limiter.expire(time.time_ns()), *limiter.filter(batch)):
    ...         print(alert.output)
    >>> limiter.finish()
    []

    The first alert passes at once. At the end of a window, one alert summarises the suppressed ones. It has their rule,
    priority and tags, the fields of the limit, and the fields ``suppressed.count``, ``suppressed.first`` and
    ``suppressed.last`` (nanoseconds since 1970). Windows follow the time of the events, so that the replay of a capture
    gives the same alerts each time. Internal alerts and summaries pass.

    Actions should follow the alerts before the limiter: a suppressed alert may be another attack. One thread at a time
    may use a limiter.
    """

    def __init__(self, limits: Sequence[AlertLimit], *, capacity: int = CAPACITY) -> None:
        """Prepare; ``capacity`` is the number of windows of one limit that may be open.

        Raises:
            UsageError: E607, the capacity is below 1.
        """
        if capacity < 1:
            raise UsageError("E607", f"capacity is at least 1, not {capacity}")
        self._capacity = capacity
        self._suppressed: Counter[str] = Counter()
        self._summaries = self._lacking = self._evicted = 0
        self._tables = [_Table(limit) for limit in limits]

    @property
    def limits(self) -> tuple[AlertLimit, ...]:
        """The limits in use."""
        return tuple(table.limit for table in self._tables)

    def filter(self, alerts: Iterable[Alert]) -> list[Alert]:
        """Return the alerts that pass, each after the summaries of the windows that ended before it."""
        found: list[Alert] = []
        for alert in alerts:
            found += self.expire(alert.time_ns)
            found += self._limited(alert)
        return found

    def expire(self, time_ns: int) -> list[Alert]:
        """Return the summaries of the windows that ended at a time, in nanoseconds since 1970, or before."""
        ended = [(window, table) for table in self._tables if table.windows for window in table.take_ended(time_ns)]
        ended.sort(key=lambda pair: pair[0].start_ns + pair[1].length_ns)
        return [one for window, table in ended for one in self._closed(window, window.start_ns + table.length_ns)]

    def finish(self) -> list[Alert]:
        """End all windows, and return their summaries, which have the time of the last suppressed alert."""
        windows = [window for table in self._tables for window in table.windows.values()]
        for table in self._tables:
            table.windows.clear()
        return [one for window in windows for one in self._closed(window, window.last_ns)]

    def replace(self, limits: Sequence[AlertLimit]) -> list[Alert]:
        """Use other limits from now on; return the summaries of windows whose limits changed."""
        if tuple(limits) == self.limits:
            return []
        found = self.finish()
        self._tables = [_Table(limit) for limit in limits]
        return found

    def stats(self) -> LimitStats:
        """Return the counters since the start."""
        return LimitStats(
            suppressed=MappingProxyType(dict(self._suppressed)),
            summaries=self._summaries,
            lacking=self._lacking,
            evicted=self._evicted,
            open=sum(len(table.windows) for table in self._tables),
        )

    def _limited(self, alert: Alert) -> list[Alert]:
        """Return the alert if it passes, after the summary of a window that it evicts or ends."""
        table = None if alert.is_internal else next((one for one in self._tables if one.limit.concerns(alert)), None)
        if table is None:
            return [alert]
        fields = alert.fields
        if not all(name in fields for name in table.limit.fields):
            self._lacking += 1
            return [alert]
        key = (alert.rule, *(_hashable(fields[name]) for name in table.limit.fields))
        window = table.windows.get(key)
        found: list[Alert] = []
        if window is not None and alert.time_ns < window.start_ns - table.length_ns:
            found += self._closed(table.windows.pop(key), window.last_ns)  # the clock was set back
            window = None
        if window is None:
            if len(table.windows) >= self._capacity:
                oldest = table.windows.pop(next(iter(table.windows)))
                self._evicted += 1
                found += self._closed(oldest, oldest.last_ns)
            table.windows[key] = _Window(alert, table.limit)
            return [*found, alert]
        if window.passed < table.limit.max:
            window.passed += 1
            return [*found, alert]
        window.suppress(alert.time_ns)
        self._suppressed[alert.rule] += 1
        return found

    def _closed(self, window: _Window, time_ns: int) -> list[Alert]:
        if not window.count:
            return []
        self._summaries += 1
        return [window.summary(time_ns)]


class _Table:
    """Open windows of one limit, in the order of their starts."""

    def __init__(self, limit: AlertLimit) -> None:
        self.limit = limit
        self.length_ns = round(limit.window * _SECOND)
        self.windows: dict[tuple[Any, ...], _Window] = {}

    def take_ended(self, time_ns: int) -> list[_Window]:
        """Remove and return the windows that ended; one that began out of order may wait for the one before it."""
        ended = []
        while self.windows:
            key = next(iter(self.windows))
            if self.windows[key].start_ns + self.length_ns > time_ns:
                break
            ended.append(self.windows.pop(key))
        return ended


class _Window:
    """Window of one rule and values of the fields.

    Attributes:
        start_ns: time of its first alert.
        passed: alerts that passed.
        count: suppressed alerts; ``first_ns`` and ``last_ns`` are the times of the earliest and of the latest.
    """

    __slots__ = ("_fields", "_frame", "_seconds", "count", "first_ns", "last_ns", "passed", "start_ns")

    def __init__(self, alert: Alert, limit: AlertLimit) -> None:
        self.start_ns = self.first_ns = self.last_ns = alert.time_ns
        self.passed, self.count = 1, 0
        self._seconds = limit.window
        self._fields = {name: alert.fields[name] for name in limit.fields}
        # Without the event of the alert, which may have many kilobytes.
        self._frame = derived(alert, alert.message[:_MAX_MESSAGE_LENGTH], {}, alert.time_ns)

    def suppress(self, time_ns: int) -> None:
        """Count an alert."""
        self.first_ns = min(self.first_ns, time_ns) if self.count else time_ns
        self.last_ns = max(self.last_ns, time_ns)
        self.count += 1

    def summary(self, time_ns: int) -> Alert:
        """Return the alert that stands for the suppressed ones."""
        plural = "" if self.count == 1 else "s"
        text = f"{self.count} more alert{plural} within {self._seconds:g} s like this: {self._frame.message}"
        facts = {"suppressed.count": self.count, "suppressed.first": self.first_ns, "suppressed.last": self.last_ns}
        return derived(self._frame, text, {**self._fields, **facts}, time_ns)


def _hashable(value: Any) -> Any:
    return tuple(map(_hashable, value)) if isinstance(value, (list, tuple)) else value
