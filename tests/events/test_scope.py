# SPDX-License-Identifier: Apache-2.0
"""Scopes of a sensor, which the kernel applies."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest
from support.calls import Running, Step, call, child, hold, orphan
from support.recorder import Recorded, collect, ruleset

import tiercel

Begin: TypeAlias = Callable[..., Running]


@pytest.fixture
def rules() -> tiercel.Ruleset:
    return ruleset("creat", "fork", "execve", "procexit")


def names(events: list[Recorded]) -> list[str]:
    """File names of all creats."""
    return [Path(event.params["name"].name).name for event in events if event.type == "creat"]


def creates(path: Path) -> Step:
    """A step that shows that it was done, in the events and in the directory."""
    return call("creat", path, 0o600)


def test_tree_grows_with_forks(rules: tiercel.Ruleset, begin: Begin, tmp_path: Path) -> None:
    grandchild = child("fork", creates(tmp_path / "grandchild"))
    steps = [hold(), creates(tmp_path / "root"), child("fork", creates(tmp_path / "child"), grandchild)]
    root = begin(*steps)
    with tiercel.Sensor(rules, scope=tiercel.Scope.tree(root.pid)) as sensor:
        root.finish()
        assert names(collect(sensor)) == ["root", "child", "grandchild"]


def test_tree_keeps_a_process_whose_parents_have_ended(rules: tiercel.Ruleset, begin: Begin, tmp_path: Path) -> None:
    """A double fork, as daemons do it."""
    daemon = child("fork", orphan(), creates(tmp_path / "daemon"))
    root = begin(hold(), child("fork", daemon))
    with tiercel.Sensor(rules, scope=tiercel.Scope.tree(root.pid)) as sensor:
        root.finish()
        assert names(collect(sensor)) == ["daemon"]


def test_tree_has_the_descendants_of_before(rules: tiercel.Ruleset, begin: Begin, tmp_path: Path) -> None:
    waits = hold()
    root = begin(child("fork", child("fork", waits, creates(tmp_path / "grandchild"))))
    root.until(waits)
    with tiercel.Sensor(rules, scope=tiercel.Scope.tree(root.pid)) as sensor:
        root.finish()
        assert names(collect(sensor)) == ["grandchild"]


def test_tree_ends_at_its_edge(rules: tiercel.Ruleset, begin: Begin, tmp_path: Path) -> None:
    inside = begin(hold(), creates(tmp_path / "inside"))
    outside = begin(hold(), creates(tmp_path / "outside"))
    with tiercel.Sensor(rules, scope=tiercel.Scope.tree(inside.pid)) as sensor:
        outside.finish()
        inside.finish()
        events = collect(sensor)
    assert (tmp_path / "outside").exists()
    assert names(events) == ["inside"]
    assert {event.pid for event in events} == {inside.pid}


def test_tree_of_the_sensor_is_its_children(rules: tiercel.Ruleset, begin: Begin, tmp_path: Path) -> None:
    with tiercel.Sensor(rules, scope=tiercel.Scope.tree(os.getpid())) as sensor:
        (tmp_path / "sensor").touch()
        begin(creates(tmp_path / "child")).finish()
        events = collect(sensor)
    assert names(events) == ["child"]
    assert os.getpid() not in {event.pid for event in events}


def test_everything_but_the_sensor(begin: Begin, tmp_path: Path) -> None:
    """Of a watched machine, only what this test made is looked at."""
    path = tmp_path / "only here"
    rules = tiercel.Ruleset.loads(
        f"""
- rule: file of this test
  desc: whoever opens it
  condition: evt.type in (creat, openat) and fd.name = "{path}"
  output: "%evt.type"
  priority: INFO
"""
    )
    with tiercel.Sensor(rules, scope=tiercel.Scope.all()) as sensor:
        path.write_text("by the sensor's own process")
        run = begin(creates(path))
        run.finish()
        events = collect(sensor)
    assert [(event.type, event.pid) for event in events] == [("creat", run.pid)]


def test_control_group(rules: tiercel.Ruleset, begin: Begin, tmp_path: Path, cgroup: Path) -> None:
    below = cgroup / "below"
    below.mkdir()
    try:
        with tiercel.Sensor(rules, scope=tiercel.Scope.cgroup(cgroup)) as sensor:
            for directory, name in ((cgroup, "inside"), (below, "below")):
                enter = call("open", directory / "cgroup.procs", os.O_WRONLY, 0)
                steps = [creates(tmp_path / "before"), enter, call("write", enter, "0", 1), creates(tmp_path / name)]
                begin(*steps).finish()
            begin(creates(tmp_path / "outside")).finish()
            assert names(collect(sensor)) == ["inside", "below"]
    finally:
        below.rmdir()


def test_control_group_holds_what_is_started_in_it(
    rules: tiercel.Ruleset, begin: Begin, tmp_path: Path, cgroup: Path
) -> None:
    enter = call("open", cgroup / "cgroup.procs", os.O_WRONLY, 0)
    run = begin(enter, call("write", enter, "0", 1), waits := hold(), child("fork", creates(tmp_path / "x")))
    run.until(waits)
    with tiercel.Sensor(rules, scope=tiercel.Scope.cgroup(cgroup)) as sensor:
        run.finish()
        assert names(collect(sensor)) == ["x"]


def test_two_sensors_watch_two_trees(rules: tiercel.Ruleset, begin: Begin, tmp_path: Path) -> None:
    runs = [begin(hold(), creates(tmp_path / name)) for name in "ab"]
    with (
        tiercel.Sensor(rules, scope=tiercel.Scope.tree(runs[0].pid)) as first,
        tiercel.Sensor(rules, scope=tiercel.Scope.tree(runs[1].pid)) as second,
    ):
        for run in runs:
            run.finish()
        assert (names(collect(first)), names(collect(second))) == (["a"], ["b"])
