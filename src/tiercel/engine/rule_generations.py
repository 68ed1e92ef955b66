# SPDX-License-Identifier: Apache-2.0
"""Intake of alerts: conversion by the layouts of their rule generation, and notices of the sensor."""

from __future__ import annotations

import math
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from typing import Final

from tiercel.alerts.alert import Alert, Layout
from tiercel.alerts.layout import make_alert
from tiercel.engine.internal_alerts import Notices
from tiercel.engine.stats import Stats
from tiercel.notice import Notice
from tiercel.sources.live import SourceStats, SyscallSource

__all__ = ["Generations", "Intake"]

_TICK: Final = 1.0  # seconds between two looks at the counters


class Generations:
    """Layouts of the rules in use, and of those before them as long as alerts of theirs may wait."""

    def __init__(self, source: SyscallSource, layouts: tuple[Layout, ...], hostname: str) -> None:
        self._source = source
        self._hostname = hostname
        self._layouts = {source.generation: layouts}
        self._counted: Counter[str] = Counter()  # matches by rule, of generations that are forgotten
        self._last: dict[int, int] = {}  # by generation that is out of use: how many alerts entered until then
        # Taken to make alerts of bytes: a generation is not forgotten between the two. A handler of a signal may take
        # alerts, too.
        self._lock = threading.RLock()

    def __len__(self) -> int:
        return len(self._layouts)

    def add(self, generation: int, layouts: tuple[Layout, ...]) -> None:
        """Know the layouts of rules that are about to be put in use."""
        with self._lock:
            self._layouts[generation] = layouts

    def remove(self, generation: int) -> None:
        """Take back :meth:`add`."""
        with self._lock:
            del self._layouts[generation]

    def take(self, limit: int) -> list[Alert]:
        """Return up to ``limit`` alerts that wait."""
        with self._lock:
            items = self._source.take(limit, 0)
            return [make_alert(self._layouts[generation], raw, self._hostname) for generation, raw in items]

    def forget(self) -> None:
        """Forget the generations that are out of use and of which no alert waits any more; keep their counts."""
        with self._lock:
            settled = self._source.settled()
            entered, left = self._source.progress()
            for generation in settled:
                self._last.setdefault(generation, entered)
            for generation in [one for one, last in self._last.items() if left >= last]:
                counts = self._source.forget(generation)
                if counts is None:
                    return
                self._count(self._counted, generation, counts)
                del self._last[generation], self._layouts[generation]

    def stats(self) -> tuple[SourceStats, Mapping[str, int]]:
        """Return the counters of the source, and matches by rule."""
        with self._lock:
            parts = self._source.stats()
            matches = Counter(self._counted)
            for generation, counts in parts.pump["matches"].items():
                self._count(matches, generation, counts)
        return parts, matches

    def _count(self, matches: Counter[str], generation: int, counts: list[int]) -> None:
        for layout, count in zip(self._layouts.get(generation, ()), counts, strict=False):
            if count:
                matches[layout.rule] += count


class Intake:
    """Alerts of one run of a sensor.

    Attributes:
        generations: the rules that they come from.
    """

    def __init__(
        self,
        source: SyscallSource,
        generations: Generations,
        notices: Notices,
        told: deque[Notice],
        stats: Callable[[], Stats],
    ) -> None:
        """Take from ``source``; ``told`` holds notices of other parts, and losses are found in ``stats``."""
        self.generations = generations
        self._source = source
        self._notices = notices
        self._told = told
        self._stats = stats
        self._next_tick = time.monotonic() + _TICK

    def take(self, limit: int, timeout: float | None) -> list[Alert]:
        """Take alerts; wait for the first one, but return for a loss to report, or when the sensor stops."""
        deadline = math.inf if timeout is None else time.monotonic() + timeout
        source = self._source
        while True:
            now = time.monotonic()
            alerts = self.generations.take(limit)
            if not alerts and not source.closed:
                source.wait(max(0.0, min(deadline - now, self._next_tick - now, _TICK)))
                alerts = self.generations.take(limit)
            alerts += self._tick()
            if alerts or now >= deadline or source.closed:
                return alerts

    def _tick(self) -> list[Alert]:
        """Once a second, and once after the stop: look at the counters, and for new users."""
        told = [self._notices.alert(*self._told.popleft()) for _ in range(len(self._told))]
        closed = self._source.closed
        if time.monotonic() < self._next_tick and not closed:
            return told
        self._next_tick = time.monotonic() + _TICK
        if not closed:
            self._source.refresh_names()
            self._source.resync()
            self._source.verify()
            self.generations.forget()
        return told + self._notices.compare(self._stats(), last=closed)
