# SPDX-License-Identifier: Apache-2.0
"""Counters by CPU, by program of the probe, and by rule."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.live import gate
from support.opener import Opener
from support.waiting import eventually

from tiercel import CpuStats, DetailStats, ProgramStats, Ruleset, Sensor
from tiercel.engine.detail_stats import detail_stats_of
from tiercel.sources.live import SourceDetails

RULE = """
- rule: {name}
  desc: d
  condition: evt.type in (open, openat, openat2) and fd.name = {path} and evt.failed = {failed}
  output: o
  priority: NOTICE
"""
_SYSCTL = Path("/proc/sys/kernel/bpf_stats_enabled")


def test_cpus_that_may_be_added_are_left_out() -> None:
    present = os.cpu_count() or 1
    given = [(5, 1)] * present + [(0, 0), (2, 0)]
    found = detail_stats_of(SourceDetails(given, {"b": (2, 9), "a": (0, 0)}, 1, [4, 0]), ["First", "Second"])
    assert set(found.cpus) == {*range(present), present + 1}
    assert found.cpus[0] == CpuStats(events=5, drops=1)
    assert list(found.programs.items()) == [("a", ProgramStats(0, 0)), ("b", ProgramStats(2, 9))]
    assert found.evaluations == {"First": 4, "Second": 0}


def test_a_sensor_that_does_not_run() -> None:
    assert Sensor(Ruleset.loads(RULE.format(name="A", path="/a", failed="false"))).detail_stats() == DetailStats()


@pytest.mark.kernel
def test_a_sensor(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    text = RULE.format(name="Opened", path=path, failed="false") + RULE.format(name="Never", path=path, failed="true")
    with Opener() as opener, Sensor(Ruleset.loads(text), scope=opener.scope) as sensor:
        opener.open(path, times=50)
        assert sensor.flush(timeout=20)
        found = sensor.detail_stats()
        assert found.evaluations in ({"Opened": 50, "Never": 0}, {"Opened": 50, "Never": 50})
        assert sum(cpu.events for cpu in found.cpus.values()) >= 50
        assert all(cpu.drops == 0 for cpu in found.cpus.values())
        assert found.programs
        sensor.swap_rules(Ruleset.loads(RULE.format(name="Other", path=path, failed="false")))
        opener.open(path)
        eventually(lambda: sensor.detail_stats().evaluations == {"Other": 1})
    assert sensor.detail_stats() == DetailStats()


@pytest.mark.kernel
def test_runs_of_programs(tmp_path: Path) -> None:
    gate(None if os.access(_SYSCTL, os.W_OK) else "kernel.bpf_stats_enabled cannot be set")
    path = tmp_path / "file"
    path.touch()
    before = _SYSCTL.read_text()
    text = RULE.format(name="Opened", path=path, failed="false")
    with Opener() as opener, Sensor(Ruleset.loads(text), scope=opener.scope) as sensor:
        try:
            _SYSCTL.write_text("1")
            opener.open(path, times=20)
            found = sensor.detail_stats().programs
        finally:
            _SYSCTL.write_text(before)
    assert sum(one.runs for one in found.values()) >= 20
    assert sum(one.time_ns for one in found.values()) > 0
