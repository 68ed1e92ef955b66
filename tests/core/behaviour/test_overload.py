# SPDX-License-Identifier: Apache-2.0
"""A control group that sends more events than there is room for takes none from the others."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest
from support import cgroups

from tiercel import compiler
from tiercel._core.alerts.queue import AlertQueue
from tiercel._core.alerts.unpack import decode
from tiercel._core.eval.program_build import RuleProgram
from tiercel._core.live.pump import DrainThread
from tiercel._core.probe.probe import Probe
from tiercel._core.state.process_table import ProcessTable
from tiercel.rules import load_text

IMAGE = resources.files("tiercel._core").joinpath("probe.bpf.o").read_bytes()
FLOOD = "for _ in range(5000): os.close(os.open('/etc/hosts', os.O_RDONLY))"
RULE = """
- rule: r
  desc: d
  condition: (evt.type = openat and fd.name = /etc/hosts) or evt.type = execve
  output: '%proc.name'
  priority: INFO
"""

pytestmark = pytest.mark.kernel


class Watched:
    """A sensor of all groups below one, without the public API; its drain thread stands still."""

    def __init__(self, group: Path, **sizes: int) -> None:
        program = compiler.compile(load_text(RULE)).program
        assert program
        self.probe, self.queue = Probe(IMAGE), AlertQueue()
        self.probe.load(program.wanted, scope="cgroup", **sizes)
        self.probe.watch_cgroup(group)
        self.pump = DrainThread(self.probe.rings(), RuleProgram(program), ProcessTable(), self.queue)
        self.probe.attach()

    def seen(self) -> Counter[tuple[str, int]]:
        """Let the drain thread work: alerts by event and process."""
        self.pump.start()
        assert self.pump.flush(20)
        events = [decode(alert.event) for _, alert in self.queue.pop_alerts(1 << 20, timeout=0)]
        self.pump.stop()
        return Counter((str(event["type"]), int(event["pid"])) for event in events)

    def keys(self) -> dict[int, int]:
        """The keys of the control groups that processes are in."""
        return {task.tgid: task.cgroup_id for task in self.probe.tasks()}

    def close(self) -> None:
        self.probe.close()


@pytest.fixture
def group() -> Iterator[Path]:
    made = cgroups.roots("cgroup2")[0] / f"tiercel-overload-{os.getpid()}"
    made.mkdir()
    yield made
    cgroups.remove(made)


@pytest.fixture
def workers(group: Path) -> Iterator[tuple[cgroups.Worker, cgroups.Worker]]:
    """A loud one and a quiet one, on the same CPU: they share a ring."""
    made = cgroups.Worker("loud", group), cgroups.Worker("quiet", group)
    for worker in made:
        os.sched_setaffinity(worker.pid, {min(os.sched_getaffinity(0))})
    yield made
    for worker in made:
        worker.close()


def test_a_flood_of_one_group_takes_no_room_from_another(group, workers):
    loud, quiet = workers
    watched = Watched(group, volume_bytes=1 << 17)
    loud.do(FLOOD)
    quiet.do("for _ in range(20): open('/etc/hosts').close()")
    loud.do(FLOOD)
    quiet.do("for _ in range(20): open('/etc/hosts').close()")
    seen = watched.seen()
    stats, losses, keys = watched.probe.stats(), watched.probe.losses(), watched.keys()
    watched.close()
    assert seen["openat", quiet.pid] == 40
    kept = seen["openat", loud.pid]
    assert 50 < kept < 1000
    # The rest of it was kept out for that reason, and counted: by class, and for its group.
    assert stats["lost"] == stats["shed"] == {"openat": stats["lost_volume"]}
    assert losses == {(keys[loud.pid], "openat", True): stats["lost_volume"]}
    assert kept + stats["lost_volume"] >= 10_000


def test_an_exec_finds_room_beside_a_flood_of_execs(group, workers):
    loud, quiet = workers
    # Large enough for the lives of what else runs on this machine, which the ring holds, too: hundreds of containers.
    watched = Watched(group, life_bytes=1 << 20)
    spawn = "for _ in range({}): os.waitpid(os.posix_spawn('/bin/true', ['true'], {{}}), 0)"
    loud.do(spawn.format(3200))
    quiet.do(spawn.format(3))
    seen = watched.seen()
    stats, losses, keys = watched.probe.stats(), watched.probe.losses(), watched.keys()
    watched.close()
    assert sum(count for (kind, pid), count in seen.items() if kind == "execve") > 3
    assert stats["lost_lifecycle"] >= sum(stats["shed"].values()) > 0
    # Whatever else runs on this machine is in other groups, and may be loud, too.
    assert keys[loud.pid] in {group for group, _, _ in losses}
    assert keys[quiet.pid] not in {group for group, _, _ in losses}


def test_nobody_is_limited_while_there_is_room(group, workers):
    loud, _ = workers
    watched = Watched(group, volume_bytes=1 << 24)
    loud.do("for _ in range(1000): os.close(os.open('/etc/hosts', os.O_RDONLY))")
    assert watched.seen()["openat", loud.pid] == 1000
    assert watched.probe.losses() == {}
    watched.close()


def test_a_group_is_served_again_once_its_records_are_read(group, workers):
    loud, _ = workers
    watched = Watched(group, volume_bytes=1 << 17)
    loud.do(FLOOD)
    before = watched.seen()["openat", loud.pid]
    lost = watched.probe.stats()["lost_volume"]
    loud.do("for _ in range(40): os.close(os.open('/etc/hosts', os.O_RDONLY))")
    assert before > 0
    assert watched.seen()["openat", loud.pid] == 40
    assert watched.probe.stats()["lost_volume"] == lost
    watched.close()
