# SPDX-License-Identifier: Apache-2.0
"""What a sensor counts."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tiercel.containers.stats import EngineStats, KubernetesStats
from tiercel.frozen import field, frozen
from tiercel.sources.flood_stats import Flood

__all__ = ["ContainerStats", "Stats"]

_NONE: Mapping[str, int] = MappingProxyType({})


@frozen
class ContainerStats:
    """What a sensor counts of events in containers of which something is to be known; see ``ContainerSettings``.

    Attributes:
        known: containers that are kept in mind now: they run, or events of them wait.
        holding: events that wait now.
        held: events that waited.
        overdue: events that were evaluated without what they had waited for, as the time was over.
        no_room: events that should have waited, and were evaluated at once, as too many waited already.
        unsure: alerts that hang on what is not known.
        skipped: the same where they do not count, so that there was no alert.
        untold: alerts that lack what they should print, as it is not known.
        told: events ``container``: containers that rules were told of; none if no rule asks for these events.
        told_lost: containers that rules should have been told of, but too many came at once.
        unknown: containers that are there now, and no engine knows them.
        engines: who is asked: one for each socket that was found; none if no rule needs to know.
    """

    known: int = 0
    holding: int = 0
    held: int = 0
    overdue: int = 0
    no_room: int = 0
    unsure: int = 0
    skipped: int = 0
    untold: int = 0
    told: int = 0
    told_lost: int = 0
    unknown: int = 0
    engines: tuple[EngineStats, ...] = ()


@frozen
class Stats:
    """Counters of a sensor since it started; all of them only grow, except for what waits now.

    Attributes:
        events: records that came from the kernel and were evaluated.
        filtered: events that no rule could match, by event name; the kernel kept them back, and they are not among
            ``events``.
        drops: events lost in the kernel, by class (an event name, or the reason); only those that are not zero.
        malformed: records that were not one whole event, and were skipped.
        truncated: texts that were cut, by class: ``events`` (in the kernel: records with a path of more than 4 KiB, an
            argument vector that lacks its middle beyond 8 KiB, or an environment of more than 4 KiB, which is read only
            if a rule uses it), ``alerts`` (captured values), ``fields`` (derived texts, which then had no value).
        incomplete: events that lack something, by class: ``names`` (a path that led where the probe could not follow,
            or that a closing descriptor had and there was no place for), ``requests``
            (the result of a request of io_uring that left none), ``changed`` (calls whose names another thread changed
            while they ran: ``evt.is_toctou``).
        alerts: matches.
        lost_alerts: alerts that a full queue could not keep.
        matches: alerts by rule; only rules that matched.
        callback_errors: exceptions that ``on_alert`` raised.
        evicted: entries that a full table gave up, by table; only those that are not zero.
        mended: processes about which a look at all of them put something right, after records of their lives were lost.
        shed: of the drops, those that gave way to other control groups, because theirs sent more than its share.
        floods: these control groups.
        tampered: times that a map of the probe was found changed by another process, by map; only those that are not
            zero.
        containers: events in containers of which something was not known, and who was asked.
        kubernetes: what was asked of the API server; None if it is not asked.
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
    mended: int = 0
    shed: Mapping[str, int] = field(default_factory=lambda: _NONE)
    floods: tuple[Flood, ...] = ()
    tampered: Mapping[str, int] = field(default_factory=lambda: _NONE)
    containers: ContainerStats = ContainerStats()
    kubernetes: KubernetesStats | None = None

    @property
    def dropped(self) -> int:
        """All events lost in the kernel."""
        return sum(self.drops.values())

    @property
    def lossless(self) -> bool:
        """Whether nothing was lost anywhere between the kernel and the reader of alerts."""
        return not (self.tampered or self.dropped or self.malformed or self.lost_alerts or any(self.evicted.values()))
