# SPDX-License-Identifier: Apache-2.0
"""Conversion of internal counters to the public ones."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from tiercel.containers.stats import MetadataStats
from tiercel.engine.stats import CanaryStats, ContainerStats, Stats
from tiercel.sources.live import SourceStats

__all__ = ["Counts", "stats_of"]

_LOG_PERIOD: Final = 1.0


class Counts:
    """Counts exceptions of callbacks, and logs them: the first at once, later ones at most once a second.

    Attributes:
        total: exceptions so far.
    """

    def __init__(self, log: logging.Logger, name: str = "on_alert") -> None:
        self._log = log
        self._name = name
        self._next = 0.0
        self._unsaid = 0
        self.total = 0

    def add(self, error: Exception) -> None:
        """Count one exception."""
        self.total += 1
        self._unsaid += 1
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _LOG_PERIOD
            times = f" ({self._unsaid} times)" if self._unsaid > 1 else ""
            self._log.error("%s raised an exception%s", self._name, times, exc_info=error)
            self._unsaid = 0


def stats_of(
    parts: SourceStats,
    matches: Mapping[str, int],
    callback_errors: int,
    metadata: MetadataStats,
    canary: CanaryStats | None = None,
) -> Stats:
    """Return the counters of a sensor; ``matches`` are those by rule."""
    queue = parts.queue
    return Stats(
        events=parts.pump["events"],
        filtered=_nonzero(**parts.probe["filtered"]),
        drops=_nonzero(**parts.probe["lost"], unfit=parts.probe["unfit"]),
        malformed=parts.pump["malformed"],
        truncated=_nonzero(
            events=parts.probe["truncated"], alerts=parts.pump["alerts_cut"], fields=parts.pump["overflows"]
        ),
        incomplete=_nonzero(
            names=parts.probe["unresolved"], requests=parts.probe["unfinished"], changed=parts.probe["changed"]
        ),
        alerts=parts.pump["alerts"] + parts.pump["oversized"],
        lost_alerts=queue["lost_oldest"] + queue["lost_newest"] + parts.pump["oversized"],
        matches=MappingProxyType(dict(matches)),
        callback_errors=callback_errors,
        evicted=_nonzero(processes=parts.table["evicted"], scope=parts.probe["scope_full"]),
        resynced=parts.resynced,
        shed=_nonzero(**parts.probe["shed"]),
        floods=parts.floods,
        tampered=_nonzero(**parts.tampered),
        processes=parts.table["processes"],
        containers=ContainerStats(
            known=parts.table["containers"],
            holding=parts.pump["holding"],
            held=parts.pump["held"],
            overdue=parts.pump["overdue"],
            no_room=parts.pump["hold_no_room"],
            uncertain_matches=parts.pump["uncertain_matches"],
            suppressed_matches=parts.pump["suppressed_matches"],
            alerts_missing_metadata=parts.pump["alerts_missing_metadata"],
            container_events=parts.pump["container_events"],
            container_events_lost=parts.pump["container_events_lost"],
            unknown=metadata.unknown,
            engines=metadata.engines,
        ),
        kubernetes=metadata.kubernetes,
        canary=canary,
    )


def _nonzero(**counts: int) -> Mapping[str, int]:
    return MappingProxyType({name: count for name, count in sorted(counts.items()) if count})
