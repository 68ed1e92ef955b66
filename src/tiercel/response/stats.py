# SPDX-License-Identifier: Apache-2.0
"""Counters of responses."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from tiercel.frozen import field, frozen
from tiercel.response.result import ActionResult

__all__ = ["ResponseCounters", "ResponseStats"]

_NONE: Final[Mapping[str, int]] = MappingProxyType({})


@frozen
class ResponseStats:
    """Counters of a responder.

    Attributes:
        outcomes: number of results by response and outcome.
        latency_ns: longest time from an event to the end of an action that took place, by response.
        latency_sum_ns: sum of these times, by response.
    """

    outcomes: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    latency_ns: Mapping[str, int] = field(default_factory=lambda: _NONE)
    latency_sum_ns: Mapping[str, int] = field(default_factory=lambda: _NONE)

    def total(self) -> dict[str, int]:
        """Return the number of results by outcome."""
        total: Counter[str] = Counter()
        for counts in self.outcomes.values():
            total.update(counts)
        return dict(total)


class ResponseCounters:
    """Sums of results; for several threads."""

    def __init__(self) -> None:
        self._outcomes: dict[str, Counter[str]] = {}
        self._latency: dict[str, int] = {}
        self._latency_sum: dict[str, int] = {}
        self._last: dict[str, str] = {}
        self._lock = threading.Lock()

    def add(self, result: ActionResult) -> bool:
        """Count a result; return whether its outcome differs from the previous outcome of the response."""
        name = result.response
        with self._lock:
            self._outcomes.setdefault(name, Counter())[result.outcome] += 1
            if result.done:
                self._latency[name] = max(self._latency.get(name, 0), result.latency_ns)
                self._latency_sum[name] = self._latency_sum.get(name, 0) + result.latency_ns
            is_new, self._last[name] = self._last.get(name) != result.outcome, result.outcome
        return is_new

    def stats(self) -> ResponseStats:
        """Return a snapshot."""
        with self._lock:
            outcomes = {name: dict(counts) for name, counts in self._outcomes.items()}
            return ResponseStats(outcomes, dict(self._latency), dict(self._latency_sum))
