# SPDX-License-Identifier: Apache-2.0
"""What the sensor says about itself: losses, as alerts of the source ``internal``."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any, Final

from tiercel.engine.alert import Alert, AlertEvent, Column, Layout, Style
from tiercel.engine.stats import Stats
from tiercel.rules import Priority

__all__ = ["INTERNAL", "Notices"]

INTERNAL: Final = "tiercel internal event"
"""Names of rules and messages of these alerts begin with it."""


_WARNING: Final = Priority.WARNING


class Notices:
    """Turns growing counters into alerts that say by how much they grew."""

    def __init__(self, style: Style, hostname: str) -> None:
        self._style = style
        self._hostname = hostname
        self._before = Stats()
        self._lock = threading.Lock()

    def compare(self, now: Stats) -> list[Alert]:
        """Return an alert for each kind of loss that happened since the last call."""
        with self._lock:
            before, self._before = self._before, now
        return [self.alert(*found) for found in _losses(before, now)]

    def alert(self, kind: str, priority: Priority, text: str, fields: Mapping[str, Any]) -> Alert:
        """Return an alert of the sensor about itself."""
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


def _losses(before: Stats, now: Stats) -> Iterator[tuple[str, Priority, str, dict[str, int]]]:
    drops = _growth(before.drops, now.drops)
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


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def _listing(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())
