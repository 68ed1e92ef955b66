# SPDX-License-Identifier: Apache-2.0
"""Intake of alerts: conversion by the layouts of their rule generation, and notices of the sensor."""

from __future__ import annotations

import math
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from tiercel.alerts.alert import Alert, Layout
from tiercel.alerts.layout import make_alert
from tiercel.engine.canary import Canary
from tiercel.engine.drain_watch import DrainWatch
from tiercel.engine.loss_notices import LossNotices
from tiercel.engine.notice_stream import NoticeStream
from tiercel.engine.own_rules import OWN_GENERATION
from tiercel.engine.stats import Stats
from tiercel.notice import Notice
from tiercel.sources.live import SourceStats, SyscallSource

__all__ = ["Generations", "Intake"]

_INTERNAL: Final = 1000
_TICK: Final = 1.0  # seconds between two checks of the counters


class Generations:
    """Layouts of the current rules, and of replaced rules while alerts of these may be in the queue.

    Attributes:
        own: alerts of the sensor's own rules that were taken.
        was_emptied: the queue was read until it had no more alerts; the user of this value sets it to False.
    """

    def __init__(
        self, source: SyscallSource, layouts: tuple[Layout, ...], hostname: str, own: tuple[Layout, ...] = ()
    ) -> None:
        self._source = source
        self._hostname = hostname
        self._layouts = {source.generation: layouts, OWN_GENERATION: own}
        self.own: deque[Alert] = deque()
        self.was_emptied = False
        self._counted: Counter[str] = Counter()  # matches by rule, of dropped generations
        self._last: dict[int, int] = {}  # number of queued alerts at the replacement, by generation
        # Held while alerts are taken and decoded, so that their generation is not dropped in between. Reentrant, as a
        # signal handler may take alerts, too.
        self._lock = threading.RLock()

    def __len__(self) -> int:
        return len(self._layouts) - 1

    def add(self, generation: int, layouts: tuple[Layout, ...]) -> None:
        """Add the layouts of rules before their activation."""
        with self._lock:
            self._layouts[generation] = layouts

    def remove(self, generation: int) -> None:
        """Revert :meth:`add`."""
        with self._lock:
            del self._layouts[generation]

    def take(self, limit: int) -> list[Alert]:
        """Return up to ``limit`` queued alerts."""
        with self._lock:
            items = self._source.take(limit, 0)
            if len(items) < limit:
                self.was_emptied = True
            make = partial(make_alert, hostname=self._hostname, is_live=True)
            self.own.extend(make(self._layouts[OWN_GENERATION], raw) for tag, raw in items if tag == OWN_GENERATION)
            return [make(self._layouts[tag], raw) for tag, raw in items if tag != OWN_GENERATION]

    def forget(self) -> None:
        """Drop replaced generations without queued alerts; keep their counts."""
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
    """Intake of the alerts of one run of a sensor.

    Attributes:
        generations: layouts of the alerts' rules.
        drain: watch of the drain thread.
    """

    def __init__(
        self,
        source: SyscallSource,
        generations: Generations,
        notices: NoticeStream,
        pending: deque[Notice],
        stats: Callable[[], Stats],
        as_alert: Callable[[Notice], Alert] | None,
        canary: Canary | None = None,
    ) -> None:
        """Take from ``source``; ``pending`` contains notices of other parts, and ``stats`` the losses.

        ``as_alert`` makes notices to alerts, too. ``canary`` sends test events and receives them.
        """
        self.generations = generations
        self._source = source
        self._notices = notices
        self._pending = pending
        self._stats = stats
        self._as_alert = as_alert
        self._canary = canary
        self.drain = DrainWatch(source.drain_polls)
        self._losses = LossNotices()
        self._ticking = threading.Lock()
        self._internal: deque[Alert] = deque(maxlen=_INTERNAL)  # notices as alerts, until a reader of alerts takes them
        self._next_tick = time.monotonic() + _TICK

    def take(self, limit: int, timeout: float | None) -> list[Alert]:
        """Take alerts; wait for the first one, but return when the sensor stops."""
        deadline = math.inf if timeout is None else time.monotonic() + timeout
        source = self._source
        while True:
            now = time.monotonic()
            alerts = self.generations.take(limit)
            if not alerts and not source.closed:
                source.wait(max(0.0, min(deadline - now, self._next_tick - now, _TICK)))
                alerts = self.generations.take(limit)
            self.tick()
            alerts += [self._internal.popleft() for _ in range(len(self._internal))]
            if alerts or now >= deadline or source.closed:
                return alerts

    def tick(self) -> None:
        """Pass notices on; once a second and after the stop, check the counters and look for new users."""
        if not self._ticking.acquire(blocking=False):
            return  # another thread, or this one before a signal handler, does it
        try:
            found = [self._pending.popleft() for _ in range(len(self._pending))] + self._own() + self._compared()
        finally:
            self._ticking.release()
        self._notices.add(found)
        if self._as_alert is not None:
            self._internal.extend(map(self._as_alert, found))

    def _own(self) -> list[Notice]:
        """Return the notices of the sensor's own rules."""
        own = self.generations.own
        found: list[Notice] = []
        for alert in [own.popleft() for _ in range(len(own))]:
            if self._canary is not None:
                found += self._canary.arrived(int(alert.output[-8:], 16))
        return found

    def _compared(self) -> list[Notice]:
        closed = self._source.closed
        if time.monotonic() < self._next_tick and not closed:
            return []
        self._next_tick = time.monotonic() + _TICK
        if not closed:
            self._source.refresh_names()
            self._source.resync()
            self._source.verify()
            self.generations.forget()
        found: list[Notice] = []
        if not closed:
            was_emptied, self.generations.was_emptied = self.generations.was_emptied, False
            found = self.drain.tick(queue_was_emptied=was_emptied)
            if self._canary is not None:
                found += self._canary.tick(queue_was_emptied=was_emptied)
        return found + self._losses.compare(self._stats(), last=closed)
