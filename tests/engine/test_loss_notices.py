# SPDX-License-Identifier: Apache-2.0
"""Losses as notices."""

from __future__ import annotations

import pytest

from tiercel import ContainerStats, Flood, Priority, Stats
from tiercel.engine.loss_notices import LossNotices


def notices() -> LossNotices:
    return LossNotices()


def test_nothing_lost_is_nothing_said() -> None:
    assert notices().compare(Stats(events=10, alerts=3)) == []


def test_lost_events_by_class() -> None:
    (notice,) = notices().compare(Stats(drops={"openat": 5, "execve": 1}))
    assert notice.kind == "events dropped"
    assert notice.priority is Priority.WARNING
    assert notice.text == "6 events lost in the kernel (execve 1, openat 5)"
    assert str(notice) == "Warning: 6 events lost in the kernel (execve 1, openat 5)"
    assert notice.fields == {"n_drops": 6, "n_drops.execve": 1, "n_drops.openat": 5}


def test_only_what_is_new() -> None:
    said = notices()
    said.compare(Stats(drops={"openat": 5}, lost_alerts=1))
    assert said.compare(Stats(drops={"openat": 5}, lost_alerts=1)) == []
    (notice,) = said.compare(Stats(drops={"openat": 6}, lost_alerts=1))
    assert notice.fields["n_drops"] == 1


def test_each_kind_has_its_own() -> None:
    now = Stats(drops={"unfit": 1}, malformed=2, lost_alerts=1, evicted={"processes": 3}, truncated={"events": 4})
    alerts = notices().compare(now)
    assert [notice.kind for notice in alerts] == [
        "events dropped",
        "malformed events",
        "alerts lost",
        "tables full",
        "texts cut",
    ]
    assert [notice.priority for notice in alerts[-2:]] == [Priority.WARNING, Priority.INFORMATIONAL]
    assert "1 alert lost" in alerts[2].text
    assert "3 entries given up" in alerts[3].text


def test_tampering_is_critical() -> None:
    said = notices()
    (notice,) = said.compare(Stats(tampered={"fillers": 1, "globals": 2}))
    assert notice.kind == "tampering"
    assert notice.priority is Priority.CRITICAL
    assert notice.text.endswith("another process changed maps of the probe (fillers 1, globals 2)")
    assert notice.fields == {"n_tampered.fillers": 1, "n_tampered.globals": 2}
    assert said.compare(Stats(tampered={"fillers": 1, "globals": 2})) == []


def test_stats_say_whether_anything_was_lost() -> None:
    assert Stats(events=1, truncated={"events": 1}).lossless
    assert not Stats(tampered={"globals": 1}).lossless
    for lossy in (Stats(drops={"open": 1}), Stats(malformed=1), Stats(lost_alerts=1), Stats(evicted={"processes": 1})):
        assert not lossy.lossless
    assert Stats(drops={"open": 1, "execve": 2}).dropped == 3


LOUD = Flood(77, "/web/loud", "3f2a00000000", {"openat": 5, "close": 1})


def test_a_flood_names_group_and_container() -> None:
    now = Stats(drops={"openat": 8, "close": 1}, shed={"openat": 5, "close": 1}, floods=(LOUD,))
    lost, flood = notices().compare(now)
    assert lost.fields == {"n_drops": 3, "n_drops.openat": 3}, "what the flood explains is not said twice"
    assert flood.kind == "flood"
    assert flood.priority is Priority.WARNING
    assert flood.text == (
        "the control group /web/loud (container 3f2a00000000) sends more than its share: "
        "6 events of it dropped (close 1, openat 5)"
    )
    assert flood.fields == {
        "cgroup": "/web/loud",
        "cgroup_id": 77,
        "container.id": "3f2a00000000",
        "n_drops": 6,
        "n_drops.close": 1,
        "n_drops.openat": 5,
    }


def test_a_group_that_is_gone_has_its_id() -> None:
    (flood,) = notices().compare(Stats(floods=(Flood(77, "", "", {"openat": 1}),)))
    assert "the control group with id 77 sends more than its share: 1 event of it dropped" in flood.text


def test_a_flood_that_goes_on_is_said_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    said = notices()
    counts: list[int] = []
    for second in range(24):
        monkeypatch.setattr("time.monotonic", lambda moment=1000.0 + second: moment)
        now = Stats(floods=(Flood(77, "/loud", "", {"openat": 100 * (second + 1)}),))
        counts += [notice.fields["n_drops"] for notice in said.compare(now, last=second == 23)]
    assert counts == [100, 1000, 1000, 300]
    monkeypatch.undo()
    assert said.compare(now) == []


def test_matches_that_do_not_count_are_told_of() -> None:
    said = notices()
    now = Stats(containers=ContainerStats(held=9, suppressed_matches=1, uncertain_matches=3, alerts_missing_metadata=2))
    (notice,) = said.compare(now)
    assert notice.kind == "matches skipped"
    assert notice.priority is Priority.WARNING
    assert "1 match left out" in notice.text
    assert notice.fields == {"n_skipped": 1}
    assert said.compare(Stats(containers=ContainerStats(held=9, suppressed_matches=2))) == [], (
        "ten seconds lie between two"
    )
    (notice,) = said.compare(Stats(containers=ContainerStats(held=9, suppressed_matches=4)), last=True)
    assert notice.fields == {"n_skipped": 3}


def test_events_that_did_not_wait_long_enough_are_told_of() -> None:
    (notice,) = notices().compare(Stats(containers=ContainerStats(held=9, overdue=2, no_room=1)))
    assert notice.kind == "containers unknown"
    assert "3 events evaluated before their containers were known (overdue 2, no_room 1)" in notice.text
    assert notice.fields == {"n_overdue": 2, "n_no_room": 1}
