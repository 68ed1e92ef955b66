# SPDX-License-Identifier: Apache-2.0
"""cgroup_move. A process was moved to another control group."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from support import cgroups, groups
from support.proc import Process

from tiercel._core.alerts.unpack import decode
from tiercel._core.probe.probe import Probe
from tiercel._core.probe.ring_consumer import RingReader

EVF_STATE_ONLY = 0x10
FLAGS = 6  # where a record has the low byte of its flags
V1 = pytest.mark.usefixtures("version_1")


@pytest.fixture
def cat() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as process:
        yield process
        assert process.stdin
        process.stdin.close()


def test_a_process_is_moved(cat: subprocess.Popen[bytes]) -> None:
    task = Process(cat.pid)
    with groups.watch() as watch, groups.group() as made:
        (before,) = [task for task in watch.probe.tasks() if task.tgid == cat.pid]
        groups.enter(made, cat.pid)
        (move,) = watch.events("cgroup_move")
        (after,) = [task for task in watch.probe.tasks() if task.tgid == cat.pid]
        cat.kill()
        cat.wait()
    first, last = task.start_range_ns
    assert (move["tid"], move["pid"], move["ppid"], move["comm"]) == (cat.pid, cat.pid, task.ppid, "cat")
    assert first <= move["start_ns"] <= last
    assert list(move["params"]) == ["cgroups"]
    reported = groups.names(move["params"]["cgroups"])
    assert f"/{made.name}" in reported.values()
    assert move["cgroup_id"] == after.cgroup_id != before.cgroup_id
    assert after.cgroups is not None
    assert groups.names(after.cgroups) == reported


@V1
@pytest.mark.parametrize("controller", ["cpu", "cpuset", "cpuacct", "memory"])
def test_a_group_of_one_controller_on_version_1(cat: subprocess.Popen[bytes], controller: str) -> None:
    with groups.watch() as watch, groups.group("cgroup", controller) as made:
        if controller == "cpuset":
            for file in ("cpuset.cpus", "cpuset.mems"):
                (made / file).write_text((made.parent / file).read_text())
        groups.enter(made, cat.pid)
        (there,) = watch.events("cgroup_move")
        groups.enter(made.parent, cat.pid)
        (back,) = watch.events("cgroup_move")
    assert groups.names(there["params"]["cgroups"])[controller] == f"/{made.name}"
    assert groups.names(back["params"]["cgroups"]).get(controller) in ("/", None)
    assert there["cgroup_id"] != back["cgroup_id"]


@V1
@pytest.mark.parametrize("controller", ["pids", "freezer", "devices"])
def test_groups_that_tell_no_container_are_not_told(cat: subprocess.Popen[bytes], controller: str) -> None:
    with groups.watch() as watch, groups.group("cgroup", controller) as made:
        groups.enter(made, cat.pid)
        groups.enter(made.parent, cat.pid)
        assert watch.events("cgroup_move") == []


@V1
def test_one_key_for_the_same_groups_whatever_the_way_there(cat: subprocess.Popen[bytes]) -> None:
    other = cgroups.Worker("tiercel-same")
    try:
        with groups.watch() as watch:
            groups.enter(other.group, cat.pid)
            for root in cgroups.roots("cgroup"):
                groups.enter(root, cat.pid)
            moves = watch.events("cgroup_move")
            keys = {task.tgid: task.cgroup_id for task in watch.probe.tasks()}
            assert keys[cat.pid] == keys[other.pid] == moves[-1]["cgroup_id"]
            groups.enter(other.group.parent, cat.pid)
    finally:
        other.close()


def test_a_process_outside_the_scope_is_not_told(cat: subprocess.Popen[bytes]) -> None:
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as watched, groups.watch(watched.pid) as watch:
        with groups.group() as made:
            groups.enter(made, cat.pid)
            groups.enter(made.parent, cat.pid)
        assert watch.events("cgroup_move") == []


@V1
def test_a_thread_that_is_moved_alone_moves_no_process() -> None:
    """The kernel allows that in a hierarchy of version 1 only."""
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        with groups.watch() as watch, groups.group("cgroup", "cpu") as made:
            (made / "tasks").write_text(str(thread.native_id))
            (made.parent / "tasks").write_text(str(thread.native_id))
            assert watch.events("cgroup_move") == []
    finally:
        done.set()
        thread.join()


def moves(pid: int, probe: Probe, scope: str, watched: Path | None = None) -> list[int]:
    """Move a process in and out of a group; return the flags of the records of that."""
    with groups.group() as made:
        probe.load(frozenset(), scope=scope)
        if watched is not None:
            probe.watch_cgroup(watched)
        reader = RingReader(probe.rings())
        probe.attach()
        groups.enter(made, pid)
        groups.enter(made.parent, pid)
        time.sleep(0.002)  # longer than a record may be in flight
        events = [(decode(record), record[FLAGS]) for _, record in reader.read()]
    return [flags for event, flags in events if (event["type"], event["pid"]) == ("cgroup_move", pid)]


def test_in_the_scope_of_a_group_moves_are_told_for_the_table_alone(cat: subprocess.Popen[bytes]) -> None:
    """No lookup of a container starts because a process somewhere on the machine moves there."""
    with groups.group(name="tiercel-watched") as watched, closing(Probe(groups.IMAGE)) as probe:
        assert [flags & EVF_STATE_ONLY for flags in moves(cat.pid, probe, "cgroup", watched)] == [EVF_STATE_ONLY] * 2


def test_what_has_ended_does_not_move(cat: subprocess.Popen[bytes]) -> None:
    """The kernel permits it, though nothing moves; with a record, the process would seem to run forever."""
    with closing(Probe(groups.IMAGE)) as probe, subprocess.Popen(["true"]) as ended:
        os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
        assert moves(ended.pid, probe, "all") == []
    with closing(Probe(groups.IMAGE)) as probe:
        assert len(moves(cat.pid, probe, "all")) == 2
