# SPDX-License-Identifier: Apache-2.0
"""Every counter of a sensor: what of its parts makes it move, and what it means for ``lossless``."""

from __future__ import annotations

import copy
import dataclasses
from typing import Any

import pytest

from tiercel.containers.stats import EngineStats, KubernetesStats, MetadataStats
from tiercel.engine.stats import CanaryStats, ContainerStats, Stats
from tiercel.engine.stats_collection import stats_of
from tiercel.sources.flood_stats import Flood
from tiercel.sources.live import SourceStats

ENGINE = EngineStats("docker", "/run/docker.sock", "up", 3, 1)
KUBERNETES = KubernetesStats(1, 2, 3, 4, 5, 6, ())
FLOOD = Flood(7, "/a", "", {"openat": 2})
PUMP = (
    *(
        "events",
        "malformed",
        "alerts",
        "oversized",
        "alerts_cut",
        "overflows",
        "holding",
        "held",
        "overdue",
        "hold_no_room",
    ),
    *(
        "uncertain_matches",
        "suppressed_matches",
        "alerts_missing_metadata",
        "container_events",
        "container_events_lost",
    ),
)
NOTHING: dict[str, dict[str, Any]] = {
    "pump": {**dict.fromkeys(PUMP, 0)},
    "queue": {"lost_oldest": 0, "lost_newest": 0},
    "table": {"evicted": 0, "containers": 0, "processes": 0},
    "probe": {
        **dict.fromkeys(("unfit", "truncated", "scope_full", "unresolved", "unfinished", "changed"), 0),
        "lost": {},
        "filtered": {},
        "shed": {},
    },
    "source": {"resynced": 0, "floods": (), "tampered": {}},
    "metadata": {"unknown": 0, "engines": (), "kubernetes": None},
    "sensor": {"callback_errors": 0, "matches": {}, "canary": None},
}

# Part, its counter, how far that goes; the counters of Stats that move; and whether something was lost.
ROWS: list[tuple[str, str, Any, dict[str, Any], bool]] = [
    ("pump", "events", 5, {"events": 5}, False),
    ("probe", "filtered", {"openat": 5, "read": 0}, {"filtered": {"openat": 5}}, False),
    ("probe", "lost", {"openat": 5, "read": 0}, {"drops": {"openat": 5}}, True),
    ("probe", "unfit", 5, {"drops": {"unfit": 5}}, True),
    ("pump", "malformed", 5, {"malformed": 5}, True),
    ("probe", "truncated", 5, {"truncated": {"events": 5}}, False),
    ("pump", "alerts_cut", 5, {"truncated": {"alerts": 5}}, False),
    ("pump", "overflows", 5, {"truncated": {"fields": 5}}, False),
    ("probe", "unresolved", 5, {"incomplete": {"names": 5}}, False),
    ("probe", "unfinished", 5, {"incomplete": {"requests": 5}}, False),
    ("probe", "changed", 5, {"incomplete": {"changed": 5}}, False),
    ("pump", "alerts", 5, {"alerts": 5}, False),
    ("pump", "oversized", 5, {"alerts": 5, "lost_alerts": 5}, True),
    ("queue", "lost_oldest", 5, {"lost_alerts": 5}, True),
    ("queue", "lost_newest", 5, {"lost_alerts": 5}, True),
    ("sensor", "matches", {"b": 5}, {"matches": {"b": 5}}, False),
    ("sensor", "callback_errors", 5, {"callback_errors": 5}, False),
    ("sensor", "canary", CanaryStats(2, 1), {"canary": CanaryStats(2, 1)}, False),
    ("table", "evicted", 5, {"evicted": {"processes": 5}}, True),
    ("probe", "scope_full", 5, {"evicted": {"scope": 5}}, True),
    ("source", "resynced", 5, {"resynced": 5}, False),
    ("probe", "shed", {"openat": 5, "read": 0}, {"shed": {"openat": 5}}, False),
    ("source", "tampered", {"stages": 5}, {"tampered": {"stages": 5}}, True),
    ("source", "floods", (FLOOD,), {"floods": (FLOOD,)}, False),
    ("table", "processes", 5, {"processes": 5}, False),
    ("table", "containers", 5, {"containers.known": 5}, False),
    ("pump", "holding", 5, {"containers.holding": 5}, False),
    ("pump", "held", 5, {"containers.held": 5}, False),
    ("pump", "overdue", 5, {"containers.overdue": 5}, False),
    ("pump", "hold_no_room", 5, {"containers.no_room": 5}, False),
    ("pump", "uncertain_matches", 5, {"containers.uncertain_matches": 5}, False),
    ("pump", "suppressed_matches", 5, {"containers.suppressed_matches": 5}, False),
    ("pump", "alerts_missing_metadata", 5, {"containers.alerts_missing_metadata": 5}, False),
    ("pump", "container_events", 5, {"containers.container_events": 5}, False),
    ("pump", "container_events_lost", 5, {"containers.container_events_lost": 5}, False),
    ("metadata", "unknown", 5, {"containers.unknown": 5}, False),
    ("metadata", "engines", (ENGINE,), {"containers.engines": (ENGINE,)}, False),
    ("metadata", "kubernetes", KUBERNETES, {"kubernetes": KUBERNETES}, False),
]


def counted(changes: dict[str, dict[str, Any]]) -> Stats:
    parts = copy.deepcopy(NOTHING)
    for part, counters in changes.items():
        assert counters.keys() <= parts[part].keys()
        parts[part].update(counters)
    given: dict[str, Any] = {name: parts[name] for name in ("probe", "pump", "queue", "table")}
    source = SourceStats(**given, **parts["source"])
    sensor, metadata = parts["sensor"], MetadataStats(**parts["metadata"])
    return stats_of(source, sensor["matches"], sensor["callback_errors"], metadata, sensor["canary"])


def flat(stats: Stats) -> dict[str, Any]:
    """The counters by name, those of containers with a prefix."""
    found = {one.name: getattr(stats, one.name) for one in dataclasses.fields(Stats)}
    inner = found.pop("containers")
    return found | {f"containers.{one.name}": getattr(inner, one.name) for one in dataclasses.fields(ContainerStats)}


def test_where_nothing_moved_nothing_is_counted() -> None:
    assert flat(counted({})) == flat(Stats())
    assert counted({}).lossless


@pytest.mark.parametrize(("part", "counter", "count", "moved", "lost"), ROWS, ids=lambda value: str(value)[:20])
def test_a_counter_moves(part: str, counter: str, count: Any, moved: dict[str, Any], lost: bool) -> None:
    stats = counted({part: {counter: count}})
    assert flat(stats) == flat(Stats()) | moved
    assert stats.lossless is not lost


def test_every_counter_is_made_to_move() -> None:
    assert {name for _, _, _, moved, _ in ROWS for name in moved} == flat(Stats()).keys()
    assert [(part, counter) for part, counter, *_ in ROWS] == list(dict.fromkeys(row[:2] for row in ROWS))
    assert {(part, counter) for part, counter, *_ in ROWS} == {
        (part, counter) for part, counters in NOTHING.items() for counter in counters
    }


def test_counters_of_several_parts_add_up() -> None:
    stats = counted(
        {
            "pump": {"alerts": 1, "oversized": 2},
            "queue": {"lost_oldest": 4, "lost_newest": 8},
            "probe": {"lost": {"read": 1, "openat": 2}, "unfit": 4},
        }
    )
    assert (stats.alerts, stats.lost_alerts, stats.dropped) == (3, 14, 7)
    assert list(stats.drops) == ["openat", "read", "unfit"]
