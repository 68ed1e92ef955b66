# SPDX-License-Identifier: Apache-2.0
"""Internal alerts (source ``internal``): losses and notices."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any, Final

from tiercel.alerts.alert import Alert, AlertEvent, Column, Layout, Style
from tiercel.engine.stats import ContainerStats, Stats
from tiercel.notice import Notice
from tiercel.rules import Priority
from tiercel.sources.flood_stats import Flood

__all__ = ["INTERNAL", "TEXTS_CUT", "Notices"]

INTERNAL: Final = "tiercel internal event"
"""Prefix of the rule names and messages of internal alerts."""

TEXTS_CUT: Final = f"{INTERNAL}: texts cut"
"""Name of the alert about texts that did not fit into a record: harmless, and counted in ``Stats.truncated``."""


_WARNING: Final = Priority.WARNING
_FLOOD_PERIOD: Final = 10.0  # seconds between two notices about one control group
_CONTAINER_PERIOD: Final = 10.0  # seconds between two notices about containers with missing metadata


class Notices:
    """Converter of counter increments to internal alerts."""

    def __init__(self, style: Style, hostname: str) -> None:
        self._style = style
        self._hostname = hostname
        self._before = Stats()
        self._reported: dict[int, tuple[float, Mapping[str, int]]] = {}
        self._containers = ContainerStats()
        self._containers_due = 0.0
        self._lock = threading.Lock()

    def compare(self, now: Stats, *, last: bool = False) -> list[Alert]:
        """Return an alert for each kind of loss that happened since the last call.

        The flood of a control group causes an alert at once, then one each ten seconds, and a ``last`` one. The same
        applies to containers with missing metadata.
        """
        with self._lock:
            before, self._before = self._before, now
            found = [*_losses(before, now), *self._floods(now, last), *self._unknown(now.containers, last)]
        return [self.alert(*parts) for parts in found]

    def _floods(self, now: Stats, last: bool) -> Iterator[Notice]:
        moment = time.monotonic()
        for flood in now.floods:
            due, reported = self._reported.get(flood.cgroup_id, (0.0, {}))
            grown = _growth(reported, flood.drops)
            if grown and (last or moment >= due):
                self._reported[flood.cgroup_id] = moment + _FLOOD_PERIOD, flood.drops
                yield _flood(flood, grown)

    def _unknown(self, now: ContainerStats, last: bool) -> Iterator[Notice]:
        if not last and time.monotonic() < self._containers_due:
            return
        found = list(_unknown(self._containers, now))
        if found:
            self._containers, self._containers_due = now, time.monotonic() + _CONTAINER_PERIOD
        yield from found

    def alert(self, kind: str, priority: Priority, text: str, fields: Mapping[str, Any]) -> Alert:
        """Return an internal alert."""
        layout = Layout(
            rule=f"{INTERNAL}: {kind}",
            priority=priority,
            source="internal",
            tags=(),
            segments=(f"{INTERNAL}: {text}",),
            columns=tuple(Column(key) for key in fields),
            style=self._style,
        )
        event = AlertEvent(lambda: {"type": "internal", "params": dict(fields)})
        values = tuple(fields.values())
        return Alert(layout, values, time_ns=time.time_ns(), hostname=self._hostname, event=event)


def _flood(flood: Flood, drops: Mapping[str, int]) -> Notice:
    total = sum(drops.values())
    name = flood.cgroup or f"with id {flood.cgroup_id}"
    container = f" (container {flood.container})" if flood.container else ""
    text = f"the control group {name}{container} sends more than its share: {_count(total, 'event')} of it dropped"
    fields: dict[str, Any] = {"cgroup": flood.cgroup, "cgroup_id": flood.cgroup_id, "container.id": flood.container}
    fields |= {"n_drops": total, **{f"n_drops.{name}": n for name, n in drops.items()}}
    return "flood", _WARNING, f"{text} ({_listing(drops)})", fields


def _unknown(before: ContainerStats, now: ContainerStats) -> Iterator[Notice]:
    suppressed = now.suppressed_matches - before.suppressed_matches
    if suppressed:
        text = f"{_count(suppressed, 'match', 'matches')} left out, as what decides is not known of the container"
        yield "matches skipped", _WARNING, text, {"n_skipped": suppressed}
    early = {"overdue": now.overdue - before.overdue, "no_room": now.no_room - before.no_room}
    early = {name: count for name, count in early.items() if count}
    if early:
        text = f"{_count(sum(early.values()), 'event')} evaluated before their containers were known"
        yield (
            "containers unknown",
            _WARNING,
            f"{text} ({_listing(early)})",
            {f"n_{name}": n for name, n in early.items()},
        )


def _losses(before: Stats, now: Stats) -> Iterator[Notice]:
    # Drops by floods have their own notice.
    tampered = _growth(before.tampered, now.tampered)
    if tampered:
        text = f"tampering: another process changed maps of the probe ({_listing(tampered)})"
        yield "tampering", Priority.CRITICAL, text, {f"n_tampered.{name}": n for name, n in tampered.items()}
    drops = _growth(_less(before.drops, before.shed), _less(now.drops, now.shed))
    if drops:
        total = sum(drops.values())
        text = f"{_count(total, 'event')} lost in the kernel ({_listing(drops)})"
        yield (
            "events dropped",
            _WARNING,
            text,
            {"n_drops": total, **{f"n_drops.{name}": n for name, n in drops.items()}},
        )
    malformed = now.malformed - before.malformed
    if malformed:
        yield (
            "malformed events",
            _WARNING,
            f"{_count(malformed, 'malformed event')} skipped",
            {"n_malformed": malformed},
        )
    lost = now.lost_alerts - before.lost_alerts
    if lost:
        yield (
            "alerts lost",
            _WARNING,
            f"{_count(lost, 'alert')} lost, because nobody took them in time",
            {"n_alerts": lost},
        )
    evicted = _growth(before.evicted, now.evicted)
    if evicted:
        total = sum(evicted.values())
        text = f"{_count(total, 'entry', 'entries')} given up in full tables ({_listing(evicted)})"
        yield "tables full", _WARNING, text, {f"n_evicted.{name}": n for name, n in evicted.items()}
    truncated = _growth(before.truncated, now.truncated)
    if truncated:
        text = f"{_count(sum(truncated.values()), 'text')} cut for want of room ({_listing(truncated)})"
        yield "texts cut", Priority.INFORMATIONAL, text, {f"n_cut.{name}": n for name, n in truncated.items()}


def _growth(before: Mapping[str, int], now: Mapping[str, int]) -> dict[str, int]:
    grown = {name: count - before.get(name, 0) for name, count in sorted(now.items())}
    return {name: count for name, count in grown.items() if count}


def _less(all_of_them: Mapping[str, int], some: Mapping[str, int]) -> dict[str, int]:
    return {name: count - some.get(name, 0) for name, count in all_of_them.items()}


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def _listing(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())
