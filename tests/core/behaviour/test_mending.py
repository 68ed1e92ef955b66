# SPDX-License-Identifier: Apache-2.0
"""The process table after records of processes' lives were lost: a look at all processes puts it right."""

from __future__ import annotations

import subprocess
import time
from typing import Any

import pytest
from support import cgroups, groups
from support.host import Host

import tiercel
from tiercel._core.state.process_table import ProcessTable

RULE = """
- rule: r
  desc: d
  condition: evt.type = mkdir
  output: "-"
  priority: INFO
"""


def by_id(table: ProcessTable) -> dict[int, dict[str, Any]]:
    return {entry["tgid"]: dict(entry) for entry in table.snapshot()}


def test_a_process_by_another_name_is_doubted_and_seeded_again() -> None:
    table = ProcessTable()
    table.seed(tgid=10, start_ns=5, comm="old", exepath="/bin/old")
    assert not table.mark_stale(10, 5, b"old", 100)
    assert table.mark_stale(10, 5, b"new", 100)
    assert table.seed(tgid=10, start_ns=5, comm="new", exepath="/bin/new")
    assert by_id(table)[10]["exepath"] == "/bin/new"


def test_a_process_that_nobody_knows_is_doubted() -> None:
    assert ProcessTable().mark_stale(10, 5, b"any", 100)


def test_what_is_not_there_has_ended() -> None:
    table = ProcessTable()
    for tgid, start_ns in ((10, 5), (20, 6), (30, 200)):
        table.seed(tgid=tgid, start_ns=start_ns, comm="any")
    assert table.end_others({10: 5}, 100) == 1
    assert {tgid: entry["exited"] for tgid, entry in by_id(table).items()} == {10: False, 20: True, 30: False}


def test_what_has_ended_since_the_look_stays_ended() -> None:
    host = Host()
    host.seed(20, 1)
    before = next(host.clock)
    host.exit(20, last=False)
    after = next(host.clock)
    assert not host.table.mark_stale(20, host.start(20), b"daemon", before)
    assert host.processes()[20]["exited"]
    assert host.table.mark_stale(20, host.start(20), b"daemon", after)
    assert not host.processes()[20]["exited"]


def test_orphans_of_what_has_ended_find_their_new_parent() -> None:
    table = ProcessTable()
    table.seed(tgid=1, start_ns=1, comm="init")
    table.seed(tgid=10, start_ns=5, comm="parent", ptgid=1, pstart_ns=1)
    table.seed(tgid=20, start_ns=6, comm="child", ptgid=10, pstart_ns=5)
    table.end_others({1: 1, 20: 6}, 100)
    assert table.mark_stale(20, 6, b"child", 100)
    table.seed(tgid=20, start_ns=6, comm="child", ptgid=1, pstart_ns=1)
    assert by_id(table)[20]["ptgid"] == 1


CONTAINER = "3f" * 32
INSIDE = [f"cpu=/docker/{CONTAINER}"]


def beside_a_container() -> Host:
    """A host whose init (1) made a process (20), of which it was missed that it went into a container and on."""
    host = Host()
    host.seed(1, 0, cgroups=["cpu=/"], cgroup_id=7)
    host.fork(1, 20)
    host.comm[20], host.cgroup[20] = "nginx", 70
    host.touch(20)
    assert host.read(20, "container.id") == "host"
    return host


def mend(host: Host, as_of_ns: int, *, cgroups: list[str], cgroup_id: int) -> int:
    """Do what a sensor does for a process."""
    host.table.mark_stale(20, host.start(20), b"nginx", as_of_ns)
    host.seed(20, 1, comm="nginx", cgroups=cgroups, cgroup_id=cgroup_id)
    names = "\0".join(cgroups).encode()
    return host.table.set_cgroups(20, host.start(20), cgroup_id, names, as_of_ns)


def test_a_process_whose_move_was_missed_is_found_in_its_container() -> None:
    host = beside_a_container()
    assert mend(host, next(host.clock), cgroups=INSIDE, cgroup_id=70)
    host.fork(20, 21)
    assert [host.read(pid, "container.id") for pid in (1, 20, 21)] == ["host", CONTAINER[:12], CONTAINER[:12]]
    assert host.table.container_of(70) == CONTAINER[:12]
    assert not mend(host, next(host.clock), cgroups=INSIDE, cgroup_id=70)


def test_records_from_before_the_look_take_nothing_back() -> None:
    """They may come late; the process is found where it was last seen."""
    host = beside_a_container()
    late = [host.event(20, cgroup_id=7), host.record("cgroup_move", 20, {"cgroups": ["cpu=/"]}, cgroup_id=8)]
    mend(host, next(host.clock), cgroups=INSIDE, cgroup_id=70)
    for record in late:
        host.table.apply(record)
    host.touch(20)
    assert host.read(20, "container.id") == CONTAINER[:12]


def test_a_move_from_after_the_look_stays() -> None:
    host = beside_a_container()
    as_of_ns = next(host.clock)
    host.cgroup[20] = 71
    host.table.apply(host.record("cgroup_move", 20, {"cgroups": INSIDE}))
    assert not mend(host, as_of_ns, cgroups=["cpu=/"], cgroup_id=7)
    assert host.read(20, "container.id") == CONTAINER[:12]


def test_groups_of_which_nothing_is_told_are_no_place() -> None:
    host = beside_a_container()
    for key, names in ((0, b"cpu=/x"), (70, b"")):
        assert not host.table.set_cgroups(20, host.start(20), key, names, next(host.clock))
    assert not host.table.set_cgroups(99, 1, 70, b"cpu=/x", next(host.clock))
    assert host.read(20, "container.id") == "host"


class Lossy:
    """A probe that says it has lost records of processes' lives."""

    def __init__(self, probe: Any) -> None:
        self.probe = probe
        self.lost = 0

    def stats(self) -> dict[str, Any]:
        return {**self.probe.stats(), "lost_lifecycle": self.lost}

    def __getattr__(self, name: str) -> Any:
        return getattr(self.probe, name)


@pytest.mark.kernel
def test_a_sensor_mends_its_table_after_a_loss() -> None:
    child = subprocess.Popen(["sleep", "60"])
    try:
        with tiercel.Sensor(tiercel.Ruleset.loads(RULE), scope=tiercel.Scope.tree(child.pid)) as sensor:
            source: Any = sensor._source
            source._probe = probe = Lossy(source._probe)
            source._table.end_others({}, time.clock_gettime_ns(time.CLOCK_BOOTTIME))
            assert by_id(source._table)[child.pid]["exited"]
            source.resync()
            assert by_id(source._table)[child.pid]["exited"]
            probe.lost = 3
            source.resync()
            found = by_id(source._table)[child.pid]
            assert (found["exited"], found["comm"]) == (False, "sleep")
            resynced = sensor.stats().resynced
            assert resynced > 0
            probe.lost = 4
            source.resync()
            assert sensor.stats().resynced == resynced
    finally:
        child.kill()
        child.wait()


@pytest.mark.kernel
def test_a_sensor_finds_containers_again_after_a_loss() -> None:
    name = groups.container_name()
    worker = cgroups.Worker(name)
    try:
        with tiercel.Sensor(tiercel.Ruleset.loads(RULE), scope=tiercel.Scope.tree(worker.pid)) as sensor:
            source: Any = sensor._source
            source._probe = probe = Lossy(source._probe)
            table = source._table
            start_ns = by_id(table)[worker.pid]["start_ns"]
            (task,) = [task for task in probe.tasks() if task.tgid == worker.pid]
            assert table.set_cgroups(worker.pid, start_ns, task.cgroup_id, b"cpu=/", 1)
            assert by_id(table)[worker.pid]["container_id"] == "host"
            probe.lost = 3
            source.resync()
            assert by_id(table)[worker.pid]["container_id"] == name.removeprefix("docker-")[:12]
            assert table.container_of(task.cgroup_id) == name.removeprefix("docker-")[:12]
            assert sensor.stats().resynced >= 1
    finally:
        worker.close()
