# SPDX-License-Identifier: Apache-2.0
"""Notices about losses: increments of counters as texts."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any, Final

from tiercel.engine.stats import ContainerStats, Stats
from tiercel.notice import Notice
from tiercel.rules import Priority
from tiercel.sources.flood_stats import Flood

__all__ = ["TEXTS_CUT", "LossNotices"]

TEXTS_CUT: Final = "texts cut"
"""Kind of the notice about texts that did not fit into a record: harmless, and counted in ``Stats.truncated``."""

_WARNING: Final = Priority.WARNING
_FLOOD_PERIOD: Final = 10.0  # seconds between two notices about one control group
_CONTAINER_PERIOD: Final = 10.0  # seconds between two notices about containers with missing metadata


class LossNotices:
    """Converter of counter increments to notices."""

    def __init__(self) -> None:
        self._before = Stats()
        self._reported: dict[int, tuple[float, Mapping[str, int]]] = {}
        self._containers = ContainerStats()
        self._containers_due = 0.0
        self._lock = threading.Lock()

    def compare(self, now: Stats, *, last: bool = False) -> list[Notice]:
        """Return a notice for each kind of loss that happened since the last call.

        The flood of a control group causes a notice at once, then one each ten seconds, and a ``last`` one. The same
        applies to containers with missing metadata.
        """
        with self._lock:
            before, self._before = self._before, now
            return [*_losses(before, now), *self._floods(now, last), *self._unknown(now.containers, last)]

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


def _flood(flood: Flood, drops: Mapping[str, int]) -> Notice:
    total = sum(drops.values())
    name = flood.cgroup or f"with id {flood.cgroup_id}"
    container = f" (container {flood.container})" if flood.container else ""
    text = f"the control group {name}{container} sends more than its share: {_count(total, 'event')} of it dropped"
    fields: dict[str, Any] = {"cgroup": flood.cgroup, "cgroup_id": flood.cgroup_id, "container.id": flood.container}
    fields |= {"n_drops": total, **{f"n_drops.{name}": n for name, n in drops.items()}}
    return Notice("flood", _WARNING, f"{text} ({_listing(drops)})", fields)


def _unknown(before: ContainerStats, now: ContainerStats) -> Iterator[Notice]:
    suppressed = now.suppressed_matches - before.suppressed_matches
    if suppressed:
        text = f"{_count(suppressed, 'match', 'matches')} left out, as what decides is not known of the container"
        yield Notice("matches skipped", _WARNING, text, {"n_skipped": suppressed})
    early = {"overdue": now.overdue - before.overdue, "no_room": now.no_room - before.no_room}
    early = {name: count for name, count in early.items() if count}
    if early:
        text = f"{_count(sum(early.values()), 'event')} evaluated before their containers were known"
        fields = {f"n_{name}": n for name, n in early.items()}
        yield Notice("containers unknown", _WARNING, f"{text} ({_listing(early)})", fields)


def _losses(before: Stats, now: Stats) -> Iterator[Notice]:
    # Drops by floods have their own notice.
    tampered = _growth(before.tampered, now.tampered)
    if tampered:
        text = f"tampering: another process changed maps of the probe ({_listing(tampered)})"
        yield Notice("tampering", Priority.CRITICAL, text, {f"n_tampered.{name}": n for name, n in tampered.items()})
    drops = _growth(_less(before.drops, before.shed), _less(now.drops, now.shed))
    if drops:
        total = sum(drops.values())
        text = f"{_count(total, 'event')} lost in the kernel ({_listing(drops)})"
        fields = {"n_drops": total, **{f"n_drops.{name}": n for name, n in drops.items()}}
        yield Notice("events dropped", _WARNING, text, fields)
    malformed = now.malformed - before.malformed
    if malformed:
        text = f"{_count(malformed, 'malformed event')} skipped"
        yield Notice("malformed events", _WARNING, text, {"n_malformed": malformed})
    lost = now.lost_alerts - before.lost_alerts
    if lost:
        text = f"{_count(lost, 'alert')} lost, because the queue of alerts was full"
        yield Notice("alerts lost", _WARNING, text, {"n_alerts": lost})
    evicted = _growth(before.evicted, now.evicted)
    if evicted:
        total = sum(evicted.values())
        text = f"{_count(total, 'entry', 'entries')} given up in full tables ({_listing(evicted)})"
        yield Notice("tables full", _WARNING, text, {f"n_evicted.{name}": n for name, n in evicted.items()})
    truncated = _growth(before.truncated, now.truncated)
    if truncated:
        text = f"{_count(sum(truncated.values()), 'text')} cut for want of room ({_listing(truncated)})"
        fields = {f"n_cut.{name}": n for name, n in truncated.items()}
        yield Notice(TEXTS_CUT, Priority.INFORMATIONAL, text, fields)


def _growth(before: Mapping[str, int], now: Mapping[str, int]) -> dict[str, int]:
    grown = {name: count - before.get(name, 0) for name, count in sorted(now.items())}
    return {name: count for name, count in grown.items() if count}


def _less(all_of_them: Mapping[str, int], some: Mapping[str, int]) -> dict[str, int]:
    return {name: count - some.get(name, 0) for name, count in all_of_them.items()}


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def _listing(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())
