# SPDX-License-Identifier: Apache-2.0
"""Reaction to events that are lost in the kernel: log, alert, exit, as in Falco."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from tiercel.config.operation_settings import DropSettings
from tiercel.engine.internal_alerts import AlertMaker
from tiercel.engine.stats import Stats
from tiercel.operation.buffer_drops import BUFFER_CLASSES, UNFIT, buffer_drops
from tiercel.rules import Priority
from tiercel.token_bucket import TokenBucket

__all__ = ["DropActions"]

_PERIOD: Final = 1.0


class DropActions:
    """Reaction to lost events, once a second at most; a task of the main loop."""

    def __init__(
        self,
        settings: DropSettings,
        stats: Callable[[], Stats],
        alert: AlertMaker,
        say: Callable[[str], None],
    ) -> None:
        """Prepare; ``stats`` returns the counters, ``alert`` delivers one, ``say`` prints a line."""
        self._settings = settings
        self._stats = stats
        self._alert = alert
        self._say = say
        self._before = stats()
        self._next = time.monotonic() + _PERIOD
        self._bucket = TokenBucket(settings.rate, settings.max_burst)

    def fileno(self) -> None:
        return None

    def due(self) -> float:
        return self._next

    def work(self) -> int | None:
        """Compare the counters once a second; return an exit status for the action ``exit``."""
        now = time.monotonic()
        if now < self._next:
            return None
        self._next = now + _PERIOD
        stats, before = self._stats(), self._before
        self._before = stats
        lost = stats.dropped - before.dropped + (1 if self._settings.simulate else 0)
        seen = stats.events - before.events + lost
        threshold = 0.0 if self._settings.simulate else self._settings.threshold
        if lost <= 0 or lost / seen <= threshold or not self._bucket.take():
            return None
        return self._react(lost, seen, _growth(before.drops, stats.drops))

    def _react(self, lost: int, seen: int, drops: Mapping[str, int]) -> int | None:
        text = f"syscall event drop. {lost} system calls dropped in last second."
        if "log" in self._settings.actions:
            self._say(text)
        if "alert" in self._settings.actions:
            fields = _fields(lost, seen, drops)
            self._alert("syscall event drop", Priority.DEBUG, f"Falco internal: {text}", fields)
        if "exit" in self._settings.actions:
            self._say("events were lost, and syscall_event_drops.actions has exit")
            return 1
        return None


def _growth(before: Mapping[str, int], now: Mapping[str, int]) -> dict[str, int]:
    return {name: number - before.get(name, 0) for name, number in now.items()}


def _fields(lost: int, seen: int, drops: Mapping[str, int]) -> dict[str, Any]:
    """Return Falco's fields, all of them texts."""
    classes = buffer_drops(drops)
    fields = {"n_evts": seen, "n_drops": lost, "n_drops_buffer_total": sum(classes.values())}
    fields |= {f"n_drops_buffer_{name}_exit": classes[name] for name in BUFFER_CLASSES}
    fields |= {"n_drops_scratch_map": drops.get(UNFIT, 0), "n_drops_page_faults": 0, "n_drops_bug": 0}
    return {name: str(number) for name, number in fields.items()} | {"ebpf_enabled": "1"}
