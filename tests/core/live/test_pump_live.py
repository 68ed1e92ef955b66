# SPDX-License-Identifier: Apache-2.0
"""Probe, drain thread and queue together on the live kernel."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

import pytest
from support import cgroups
from support.descriptors import none_left

from tiercel import compiler
from tiercel._core.alerts.queue import AlertQueue
from tiercel._core.alerts.unpack import RawAlert, decode
from tiercel._core.eval.program_build import RuleProgram
from tiercel._core.live.pump import DrainThread
from tiercel._core.probe.probe import Probe
from tiercel._core.probe.ring_consumer import RingReader
from tiercel._core.state import procfs_scan as seeding
from tiercel._core.state.process_table import ProcessTable
from tiercel.rules import load_text

IMAGE = resources.files("tiercel._core").joinpath("probe.bpf.o").read_bytes()
SHADOW = "evt.type in (open, openat, openat2) and fd.name = /etc/shadow"
READ_SHADOW = "open('/etc/shadow').close()"
OPEN = "open('/etc/hosts').close()"

pytestmark = pytest.mark.kernel


def compiled(condition: str) -> compiler.Program:
    """One rule; its alerts carry program, parent and file."""
    output = "%proc.name %proc.pname %fd.name"
    text = f"- rule: r\n  desc: d\n  condition: {condition}\n  output: '{output}'\n  priority: INFO\n"
    program = compiler.compile(load_text(text)).program
    assert program
    return program


class Watch:
    """A sensor of one process tree, without the public API."""

    def __init__(self, condition: str, *, queue: AlertQueue | None = None, **options: object) -> None:
        program = compiled(condition)
        self.probe = Probe(IMAGE)
        self.probe.load(program.wanted, scope="tree", **options)
        self.queue = queue or AlertQueue()
        self.table = ProcessTable()
        self.pump = DrainThread(self.probe.rings(), RuleProgram(program), self.table, self.queue)
        self.probe.attach()
        self.pump.start()

    def watch(self, pid: int) -> None:
        tree = self.probe.watch_tree(pid)
        tasks = self.probe.tasks()
        family = seeding.family(tasks, tree, ancestors=True)
        seeding.seed(self.table, [task for task in tasks if task.tgid in family])

    def alerts(self) -> list[RawAlert]:
        assert self.pump.flush(30)
        alerts: list[RawAlert] = []
        while batch := self.queue.pop_alerts(timeout=0):
            alerts += [alert for _, alert in batch]
        return alerts

    def lost(self) -> int:
        """Everything that is known to be lost on the way."""
        probe, queue = self.probe.stats(), self.queue.stats()
        return (
            probe["lost_lifecycle"]
            + probe["lost_volume"]
            + probe["unfit"]
            + queue["lost_oldest"]
            + queue["lost_newest"]
        )

    def close(self) -> None:
        self.pump.stop()
        self.queue.close()
        self.probe.close()


@contextmanager
def started(code: str, watches: Sequence[Watch]) -> Iterator[subprocess.Popen[bytes]]:
    """A Python that runs ``code`` once it is watched; ended when the block is left."""
    command = [sys.executable, "-I", "-S", "-c", f"print(flush=True); input(); {code}"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout
    process.stdout.readline()
    for watch in watches:
        watch.watch(process.pid)
    yield process
    process.communicate(b"\n")


def test_three_sensors_at_once_see_what_each_one_wants():
    paths = ("/etc/shadow", "/etc/passwd", "/etc/group")
    watches = [Watch(f"evt.type in (open, openat) and fd.name = {path}") for path in paths]
    with started("; ".join(f"open('{path}').close()" for path in paths), watches):
        pass
    for watch, path in zip(watches, paths, strict=True):
        assert [alert.values[2] for alert in watch.alerts()] == [path]
        watch.close()


def test_lineage_of_a_seeded_process_is_known():
    watch = Watch(SHADOW)
    with started(READ_SHADOW, [watch]):
        pass
    (alert,) = watch.alerts()
    assert alert.values[1] == Path("/proc/self/comm").read_text().strip()
    watch.close()


def test_an_alert_comes_within_a_moment_while_nothing_else_happens():
    """The thread has gone idle, without a flush. A busy machine may let both sides wait, but not each time."""
    watch = Watch(SHADOW)
    took = [1.0]
    with started(f"[{READ_SHADOW} for _ in iter(input, 'end')]", [watch]) as process:
        assert process.stdin
        process.stdin.write(b"\n")
        while min(took) > 0.5 and len(took) < 10:
            time.sleep(0.3)
            began = time.monotonic()
            process.stdin.write(b"\n")
            process.stdin.flush()
            assert len(watch.queue.pop_alerts(timeout=20)) == 1
            took.append(time.monotonic() - began)
        process.stdin.write(b"end\n")
    watch.close()
    assert min(took) < 0.5


def test_twenty_sensors_one_after_the_other_leave_no_descriptor():
    def once() -> None:
        watch = Watch(SHADOW)
        with started(READ_SHADOW, [watch]):
            pass
        assert len(watch.alerts()) == 1
        watch.close()

    once()
    with none_left():
        for _ in range(20):
            once()


def test_every_execve_of_a_flood_is_an_alert_or_a_reported_loss():
    watch = Watch("evt.type = execve and evt.failed = false and proc.name = true")
    with started("import os; [os.waitpid(os.posix_spawn('/bin/true', ['true'], {}), 0) for _ in range(2000)]", [watch]):
        pass
    assert len(watch.alerts()) + watch.lost() == 2000
    watch.close()


def test_losses_of_a_ring_that_is_too_small_are_reported():
    watch = Watch("evt.type in (open, openat) and fd.name = /etc/hosts", volume_bytes=1 << 14)
    watch.pump.stop()
    with started("[open('/etc/hosts').close() for _ in range(1000)]", [watch]):
        pass
    watch.pump.start()
    alerts = len(watch.alerts())
    stats = watch.probe.stats()
    assert alerts + stats["lost_volume"] >= 1000
    assert stats["lost"]["openat"] == stats["lost_volume"] > 0
    watch.close()


def test_a_flood_of_opens_does_not_hide_an_exec():
    """The drain thread stands still meanwhile: the volume ring overflows, the ring of life-cycle events does not."""
    watch = Watch("evt.type in (execve, openat) and proc.name = true", volume_bytes=1 << 14)
    watch.pump.stop()
    flood = "import os; [open('/etc/hosts').close() for _ in range(3000)]"
    flood += "; os.waitpid(os.posix_spawn('/bin/true', ['true'], {}), 0)"
    with started(flood, [watch]):
        pass
    watch.pump.start()
    assert [alert.values[0] for alert in watch.alerts() if alert.values[2] is None] == ["true"]
    assert watch.probe.stats()["lost_volume"] > 0
    assert watch.probe.stats()["lost_lifecycle"] == 0
    watch.close()


def opener(name: str) -> cgroups.Worker:
    """A Python in a control group, that has opened /etc/hosts once."""
    made = cgroups.Worker(name)
    made.do(OPEN)
    return made


def test_in_the_scope_of_containers_the_host_raises_no_alert_and_soon_sends_no_record():
    """Whatever else runs on this machine is watched too: only what the two openers do counts."""
    program = compiled("evt.type in (open, openat) and fd.name = /etc/hosts")
    probe, table, queue = Probe(IMAGE), ProcessTable(), AlertQueue()
    probe.load(program.wanted, scope="containers")
    options = {"cgroup_map_fd": probe.cgroup_map_fd(), "only_containers": True}
    pump = DrainThread(probe.rings(), RuleProgram(program), table, queue, **options)
    probe.attach()
    seeding.seed(table, probe.tasks())
    pump.start()
    host, container = opener(f"tiercel-test-{os.getpid()}"), opener(f"docker-{os.getpid():064x}.scope")
    try:
        for worker in (host, container):
            worker.do(f"for _ in range(10): {OPEN}")
        assert pump.flush(10)
        pids = [decode(alert.event)["pid"] for _, alert in queue.pop_alerts(timeout=0)]
        assert (pids.count(host.pid), pids.count(container.pid)) == (0, 11)
        pump.stop()
        for worker in (host, container):
            worker.do(f"for _ in range(10): {OPEN}")
        time.sleep(0.002)
        events = [decode(record) for _, record in RingReader(probe.rings()).read()]
        pids = [event["pid"] for event in events if event["type"] == "openat"]
        assert (pids.count(host.pid), pids.count(container.pid)) == (0, 10)
    finally:
        host.close()
        container.close()
        pump.stop()
        probe.close()


def test_rules_swapped_under_load_lose_nothing():
    condition = "evt.type in (open, openat) and fd.name = /etc/hosts"
    watch = Watch(condition)
    code = "[(open('/etc/hosts').close(), i % 500 or print(flush=True)) for i in range(10000)]"
    with started(code, [watch]) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(b"\n")
        process.stdin.flush()
        for number in range(20):
            process.stdout.readline()
            program = compiled(f"{condition} and proc.pid != {2**22 + number}")
            watch.probe.want(program.wanted)
            watch.pump.swap(RuleProgram(program))
    alerts = watch.alerts()
    assert len(alerts) + watch.lost() == 10000
    assert len(watch.pump.stats_snapshot()["matches"]) == 21
    watch.close()


def test_a_sensor_goes_on_after_its_process_forked():
    watch = Watch(SHADOW)
    pid = os.fork()
    if pid == 0:
        try:
            watch.pump.after_fork_child()
            watch.queue.after_fork_child()
            watch.probe.after_fork_child()
        finally:
            os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
    with started(READ_SHADOW, [watch]):
        pass
    assert len(watch.alerts()) == 1
    watch.close()


INTERRUPTED = """
import signal, sys
from tiercel._core.alerts.queue import AlertQueue
signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    print(flush=True)
    AlertQueue().pop()
except KeyboardInterrupt:
    print("interrupted")
"""


def test_ctrl_c_ends_a_blocked_reader_of_a_program():
    process = subprocess.Popen([sys.executable, "-c", INTERRUPTED], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    process.stdout.readline()
    process.send_signal(2)
    assert process.communicate(timeout=60)[0] == "interrupted\n"
