# SPDX-License-Identifier: Apache-2.0
"""Writes to the probe's maps by others: refused by the kernel where it can, noticed where it cannot."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest
from support import cgroups
from support.bpfmaps import own_map

import tiercel
from tiercel._core.probe.probe import Probe
from tiercel.schema.names import EVENT_BY_NAME

IMAGE = resources.files("tiercel._core").joinpath("probe.bpf.o").read_bytes()
OPENAT = EVENT_BY_NAME["openat"].code
FILTERS, PATHS = {OPENAT: [(1 << 48, 0)]}, [[("prefix", b"/etc/")]]

RULE = """
- rule: Seen
  desc: the file is opened
  condition: evt.type in (open, openat) and fd.name = {}
  output: "%fd.name"
  priority: NOTICE
"""

pytestmark = pytest.mark.kernel


@pytest.fixture
def probe() -> Iterator[Probe]:
    made = Probe(IMAGE)
    made.load({OPENAT}, scope="tree", filters=FILTERS, path_sets=PATHS)
    yield made
    made.close()


def test_what_the_probe_writes_itself_is_no_tampering(probe: Probe) -> None:
    probe.attach()
    child = subprocess.Popen(["cat", "/etc/hosts", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        probe.watch_tree(child.pid)
        child.communicate()
    finally:
        child.kill()
        child.wait()
    assert probe.tampered() == ()
    probe.want({OPENAT, EVENT_BY_NAME["connect"].code}, env=True, now=("task",))
    assert probe.tampered() == ()
    probe.filter(FILTERS, [[("exact", b"/etc/passwd")]])
    assert probe.tampered() == ()
    probe.filter(None)
    probe.unwatch_tree(os.getpid())
    probe.stats()
    probe.tasks()
    assert probe.tampered() == ()


def test_globals_get_their_values_back(probe: Probe) -> None:
    with own_map("tiercel.data") as globals_:
        before = globals_.get(0)
        globals_.put(0, bytes(len(before)))
        assert probe.tampered() == ("globals",)
        assert globals_.get(0) == before
    assert probe.tampered() == ()


def test_a_program_that_is_taken_away_is_missed(probe: Probe) -> None:
    with own_map("fillers") as fillers:
        (slot,) = [index for index in range(fillers.entries) if has(fillers, index)]
        fillers.delete(slot)
    assert probe.tampered() == ("fillers",)
    assert probe.tampered() == ()


def has(programs, index: int) -> bool:
    try:
        programs.get(index)
    except FileNotFoundError:
        return False
    return True


def test_a_filter_that_is_changed_is_noticed(probe: Probe) -> None:
    with own_map("filter_banks") as banks:
        value = banks.get(0)
        banks.put(0, bytes(len(value)))
        banks.put(1, value)  # not in use
        assert probe.tampered() == ("filter_banks",)
        assert probe.tampered() == ()
        probe.filter(FILTERS, PATHS)
        assert value in (banks.get(0), banks.get(1))
    assert probe.tampered() == ()


def test_counters_that_go_back_are_noticed(probe: Probe) -> None:
    with own_map("stats") as stats:
        cpus = len(os.sched_getaffinity(0)) if not os.path.exists("/sys/devices/system/cpu/possible") else possible()
        size = cpus * stats.value_size
        stats.put(0, b"\1" * size)
        assert probe.stats()["sent"]
        assert probe.tampered() == ()
        stats.put(0, bytes(size))
    assert probe.stats()["sent"] == 0
    assert probe.tampered() == ("stats",)
    probe.stats()
    assert probe.tampered() == ()


def possible() -> int:
    with open("/sys/devices/system/cpu/possible", encoding="ascii") as file:
        return int(file.read().strip().rpartition("-")[2]) + 1


def test_maps_that_are_written_once_are_frozen(probe: Probe) -> None:
    with own_map("rings") as rings, pytest.raises(PermissionError):
        rings.delete(0)
    root = cgroups.roots("cgroup2")[0]
    with own_map("scope_cgroup") as group:
        probe.watch_cgroup(root)
        with pytest.raises(PermissionError):
            group.delete(0)
    with own_map("tiercel.rodata") as constants, pytest.raises(PermissionError):
        constants.put(0, constants.get(0))


def test_a_sensor_counts_it_and_puts_it_right(tmp_path: Path) -> None:
    (tmp_path / "seen").touch()
    rules = tiercel.Ruleset.loads(RULE.format(tmp_path / "seen"))
    command = ["sh", "-c", 'while read name; do cat "$name"; echo; done']
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdin
    assert child.stdout
    try:
        with tiercel.Sensor(rules, scope=tiercel.Scope.tree(child.pid)) as sensor:
            with own_map("tiercel.data") as globals_, own_map("filter_banks") as banks:
                globals_.put(0, bytes(globals_.value_size))
                banks.put(0, bytes([1] * banks.value_size))
            while not sensor.stats().tampered:
                assert sensor.read() == []
            child.stdin.write(f"{tmp_path / 'seen'}\n")
            child.stdin.flush()
            child.stdout.readline()
        alerts = list(sensor)
    finally:
        child.kill()
        child.communicate()
    assert sensor.stats().tampered == {"filter_banks": 1, "globals": 1}
    assert not sensor.stats().lossless
    assert [alert.rule for alert in alerts] == ["Seen"]
    assert {notice.kind for notice in sensor.notices.take()} >= {"tampering"}
