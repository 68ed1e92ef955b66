# SPDX-License-Identifier: Apache-2.0
"""Public counters of a sensor."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tiercel.containers.stats import EngineStats, KubernetesStats
from tiercel.frozen import field, frozen
from tiercel.sources.flood_stats import Flood

__all__ = ["CanaryStats", "ContainerStats", "Stats"]

_NONE: Mapping[str, int] = MappingProxyType({})


@frozen
class ContainerStats:
    """Counters of events in containers whose metadata rules need; see ``ContainerSettings``.

    Attributes:
        known: containers in the table now: they run, or events of them wait.
        holding: events that wait for metadata now.
        held: events that waited for metadata.
        overdue: events that were evaluated without the metadata they had waited for, after the time limit.
        no_room: events that were evaluated at once because the hold queue was full.
        uncertain_matches: alerts whose match depends on missing metadata.
        suppressed_matches: matches that depended on missing metadata and raised no alert (``unknown: skip``).
        alerts_missing_metadata: alerts that lack metadata which their output prints.
        container_events: generated ``container`` events; 0 if no rule uses them.
        container_events_lost: ``container`` events that were dropped because too many containers appeared at once.
        unknown: running containers that no engine has metadata of.
        engines: one entry for each engine socket that was found; empty if no rule needs metadata.
    """

    known: int = 0
    holding: int = 0
    held: int = 0
    overdue: int = 0
    no_room: int = 0
    uncertain_matches: int = 0
    suppressed_matches: int = 0
    alerts_missing_metadata: int = 0
    container_events: int = 0
    container_events_lost: int = 0
    unknown: int = 0
    engines: tuple[EngineStats, ...] = ()


@frozen
class CanaryStats:
    """Counters of test events; see ``SelfChecks``.

    Attributes:
        sent: test events that the sensor caused.
        arrived: waits for a test event that ended with its arrival at the alert queue.
        is_missing: test events do not arrive now: the sensor is blind.
    """

    sent: int = 0
    arrived: int = 0
    is_missing: bool = False


@frozen
class Stats:
    """Counters of a sensor since it started; all of them only grow, except for numbers of now.

    Attributes:
        events: records that came from the kernel and were evaluated.
        filtered: events that the kernel filter dropped because no rule could match them, by event name; they are not
            among ``events``.
        drops: events lost in the kernel, by class (an event name, or the reason); only nonzero entries.
        malformed: records that were not one whole event, and were skipped.
        truncated: texts that were cut, by class: ``events`` (in the kernel: records with a path of more than 4 KiB, an
            argument vector that lacks its middle beyond 8 KiB, or an environment of more than 4 KiB, which is read only
            if a rule uses it), ``alerts`` (captured values), ``fields`` (derived texts, which then had no value).
        incomplete: events that lack a value, by class: ``names`` (a path that the probe could not follow, or the path
            of a closing descriptor that found no free entry), ``requests`` (the result of a request of io_uring that
            left none), ``changed`` (calls whose names another thread changed while they ran: ``evt.is_toctou``).
        alerts: matches.
        lost_alerts: alerts that a full queue dropped.
        matches: alerts by rule; only rules that matched.
        callback_errors: exceptions that ``on_alert`` raised.
        evicted: entries that a full table evicted, by table; only nonzero entries.
        resynced: processes whose state a scan of all processes corrected, after lifecycle records were lost.
        shed: the part of ``drops`` from control groups that sent more than their share of the ring buffer.
        floods: these control groups.
        tampered: detected changes of the probe's maps by another process, by map; only nonzero entries.
        processes: processes in the table now.
        containers: counters of container metadata.
        kubernetes: counters of requests to the API server; None if it is not used.
        canary: counters of test events; None without them.
    """

    events: int = 0
    filtered: Mapping[str, int] = field(default_factory=lambda: _NONE)
    drops: Mapping[str, int] = field(default_factory=lambda: _NONE)
    malformed: int = 0
    truncated: Mapping[str, int] = field(default_factory=lambda: _NONE)
    incomplete: Mapping[str, int] = field(default_factory=lambda: _NONE)
    alerts: int = 0
    lost_alerts: int = 0
    matches: Mapping[str, int] = field(default_factory=lambda: _NONE)
    callback_errors: int = 0
    evicted: Mapping[str, int] = field(default_factory=lambda: _NONE)
    resynced: int = 0
    shed: Mapping[str, int] = field(default_factory=lambda: _NONE)
    floods: tuple[Flood, ...] = ()
    tampered: Mapping[str, int] = field(default_factory=lambda: _NONE)
    processes: int = 0
    containers: ContainerStats = ContainerStats()
    kubernetes: KubernetesStats | None = None
    canary: CanaryStats | None = None

    @property
    def dropped(self) -> int:
        """Number of all events lost in the kernel."""
        return sum(self.drops.values())

    @property
    def lossless(self) -> bool:
        """True if no event and no alert was lost between the kernel and the reader of alerts."""
        return not (self.tampered or self.dropped or self.malformed or self.lost_alerts or any(self.evicted.values()))
