# SPDX-License-Identifier: Apache-2.0
"""Losses as alerts."""

from __future__ import annotations

import json

from tiercel import Priority, Stats, Style
from tiercel.engine.notices import Notices


def notices() -> Notices:
    return Notices(Style(), "box")


def test_nothing_lost_is_nothing_said() -> None:
    assert notices().compare(Stats(events=10, alerts=3)) == []


def test_lost_events_by_class() -> None:
    (alert,) = notices().compare(Stats(drops={"openat": 5, "execve": 1}))
    assert alert.rule == "tiercel internal event: events dropped"
    assert alert.source == "internal"
    assert alert.priority is Priority.WARNING
    assert alert.message == "tiercel internal event: 6 events lost in the kernel (execve 1, openat 5)"
    assert alert.fields == {"n_drops": 6, "n_drops.execve": 1, "n_drops.openat": 5}
    assert alert.event.type == "internal"
    assert json.loads(alert.to_json())["output_fields"]["n_drops"] == 6


def test_only_what_is_new() -> None:
    said = notices()
    said.compare(Stats(drops={"openat": 5}, lost_alerts=1))
    assert said.compare(Stats(drops={"openat": 5}, lost_alerts=1)) == []
    (alert,) = said.compare(Stats(drops={"openat": 6}, lost_alerts=1))
    assert alert.fields["n_drops"] == 1


def test_each_kind_has_its_own() -> None:
    now = Stats(drops={"unfit": 1}, malformed=2, lost_alerts=1, evicted={"processes": 3}, truncated={"events": 4})
    alerts = notices().compare(now)
    assert [alert.rule.rpartition(": ")[2] for alert in alerts] == [
        "events dropped",
        "malformed events",
        "alerts lost",
        "tables full",
        "texts cut",
    ]
    assert [alert.priority for alert in alerts[-2:]] == [Priority.WARNING, Priority.INFORMATIONAL]
    assert "1 alert lost" in alerts[2].message
    assert "3 entries given up" in alerts[3].message


def test_stats_say_whether_anything_was_lost() -> None:
    assert Stats(events=1, truncated={"events": 1}).lossless
    for lossy in (Stats(drops={"open": 1}), Stats(malformed=1), Stats(lost_alerts=1), Stats(evicted={"processes": 1})):
        assert not lossy.lossless
    assert Stats(drops={"open": 1, "execve": 2}).dropped == 3
