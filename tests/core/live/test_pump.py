# SPDX-License-Identifier: Apache-2.0
"""The drain thread on synthetic rings: order, state, flush, swap, stop, fork, signals; no kernel needed."""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.descriptors import none_left
from support.examples import examples
from support.fakering import BUSY, FakeRing

from tiercel import compiler
from tiercel._core.alerts.queue import AlertQueue
from tiercel._core.eval.program_build import RuleProgram
from tiercel._core.live.pump import DrainThread
from tiercel._core.state.process_table import ProcessTable
from tiercel.errors import KernelError, SensorError
from tiercel.rules import load_text
from tiercel.schema.wire import encode

START = 1_000_000_000
SHADOW = "evt.type = openat and fd.name = /etc/shadow"


def program(*conditions: str, message: str = "%fd.name %proc.name") -> RuleProgram:
    """One rule per condition; each alert carries the file, and the program that opened it."""
    rules = "".join(
        f"- rule: r{n}\n  desc: d\n  condition: {condition}\n  output: '{message}'\n  priority: INFO\n"
        for n, condition in enumerate(conditions)
    )
    return RuleProgram(compiler.compile(load_text(rules)).program)


def now() -> int:
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def header(time_ns: int | None, pid: int) -> dict[str, int | str]:
    ids = dict.fromkeys(("tid", "tgid", "vtid", "vpid"), pid)
    return {"time_ns": now() if time_ns is None else time_ns, "start_ns": START, "comm": "start", **ids}


def opened(path: str = "/etc/shadow", *, time_ns: int | None = None, pid: int = 100) -> bytes:
    paths = {"name": path, "base": None, "real": path}
    params = {"fd": 3, "dirfd": -100, "name": paths, "flags": 1, "mode": 0, "dev": 1, "ino": 5}
    return encode("openat", params, header=header(time_ns, pid), file={"type": "file", "flags": 8, "path": path})


def execed(name: str, *, time_ns: int | None = None, pid: int = 100) -> bytes:
    params = {"res": 0, "exe": name, "args": "", "tid": pid, "pid": pid, "ptid": 1, "comm": name}
    return encode("execve", params, header=header(time_ns, pid))


class Bench:
    """A pump between two synthetic rings (life cycle, volume) and a queue."""

    def __init__(
        self, *conditions: str, policy: str = "drop_oldest", capacity: int = 1000, first_only: bool = True
    ) -> None:
        self.life, self.volume = FakeRing(1 << 16), FakeRing(1 << 16)
        self.queue = AlertQueue(capacity=capacity, policy=policy)
        self.table = ProcessTable()
        rings = [(ring.fd, ring.size) for ring in (self.life, self.volume)]
        self.pump = DrainThread(
            rings, program(*(conditions or (SHADOW,))), self.table, self.queue, first_only=first_only
        )

    def close(self) -> None:
        self.pump.stop()
        self.life.close()
        self.volume.close()

    def alerts(self, timeout: float = 0) -> list[tuple[object, ...]]:
        """(generation, rule, file, program) of the alerts so far."""
        return [(tag, alert.rule, *alert.values[:2]) for tag, alert in self.queue.pop_alerts(timeout=timeout)]

    def take(self, count: int) -> list[tuple[object, ...]]:
        """So many alerts, as they come."""
        got: list[tuple[object, ...]] = []
        while len(got) < count:
            more = self.alerts(timeout=5)
            assert more, f"{len(got)} of {count} alerts came"
            got += more
        return got

    def block(self, count: int) -> None:
        """Start with so many matching records in the ring, and wait until the thread waits for a reader."""
        fill(self, count)
        time.sleep(0.01)
        self.pump.start()
        while not self.queue.stats()["waits"]:
            time.sleep(0.001)


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    made.pump.start()
    yield made
    made.close()


def test_the_thread_runs_before_what_it_watches(bench):
    assert bench.pump.flush(5), "it is at work"
    tasks = Path("/proc/self/task")
    (tid,) = [int(task.name) for task in tasks.iterdir() if (task / "comm").read_text() == "tiercel-drain\n"]
    own = os.getpriority(os.PRIO_PROCESS, 0)
    assert os.getpriority(os.PRIO_PROCESS, tid) in {min(own, -10), own}, "the second without the privilege"
    if os.geteuid() == 0:
        assert os.getpriority(os.PRIO_PROCESS, tid) == min(own, -10)


def fill(bench: Bench, count: int) -> int:
    """Put `count` matching records in, waiting for room as long as it takes."""
    for _ in range(count):
        while bench.volume.put(opened()) is None:
            time.sleep(0.001)
    return count


def drain_threads() -> list[Path]:
    return [task for task in Path("/proc/self/task").iterdir() if (task / "comm").read_text() == "tiercel-drain\n"]


# --- from record to alert ---------------------------------------------------------------------------------------------


def test_a_matching_record_becomes_an_alert_and_another_does_not(bench):
    bench.volume.put(opened("/etc/passwd"))
    bench.volume.put(opened("/etc/shadow"))
    assert bench.pump.flush(5)
    assert bench.alerts() == [(1, 0, "/etc/shadow", "start")]
    stats = bench.pump.stats_snapshot()
    assert stats["events"] == 2
    assert stats["by_type"] == {"openat": 2}
    assert stats["alerts"] == 1
    assert stats["matches"] == {1: [1]}
    assert stats["malformed"] == stats["out_of_order"] == stats["oversized"] == 0
    assert stats["cpu_ns"] > 0


def test_an_alert_arrives_without_a_flush(bench):
    bench.volume.put(opened())
    assert len(bench.queue.pop(timeout=20)) == 1


def test_an_event_is_evaluated_against_the_process_as_it_was_then():
    """The execve comes through the other ring, and after the opens around it; the thread starts when all are there."""
    bench = Bench()
    try:
        start = now()
        bench.volume.put(opened(time_ns=start))
        bench.volume.put(opened(time_ns=start + 200))
        bench.life.put(execed("cat", time_ns=start + 100))
        bench.pump.start()
        assert bench.pump.flush(5)
        assert bench.alerts() == [(1, 0, "/etc/shadow", "start"), (1, 0, "/etc/shadow", "cat")]
        assert bench.pump.stats_snapshot()["out_of_order"] == 0
    finally:
        bench.close()


def test_records_outside_the_scope_change_the_state_and_raise_no_alert(bench):
    record = bytearray(execed("cat"))
    record[6] |= 0x10  # EVF_STATE_ONLY
    bench.pump.swap(program("evt.type = execve", SHADOW))
    bench.life.put(bytes(record))
    bench.volume.put(opened())
    assert bench.pump.flush(5)
    assert bench.alerts() == [(2, 1, "/etc/shadow", "cat")]


def test_malformed_records_are_counted_and_passed_over(bench):
    """The sensor's own records are counted if they are malformed."""
    good = opened()
    own = good[:7] + bytes([good[7] | 0x01]) + good[8:]  # EVF_OWN
    for bad in (b"", b"\0" * 8, good[:-1], good[:50], struct.pack("=IH", len(good), 9999) + good[6:], good + b"\0"):
        bench.volume.put(bad)
    for record in (own[:-1], own, good):
        bench.volume.put(record)
    assert bench.pump.flush(5)
    stats = bench.pump.stats_snapshot()
    assert (stats["malformed"], stats["events"], stats["alerts"]) == (7, 1, 1)


@settings(max_examples=examples(60), deadline=None)
@given(data=st.data())
def test_damaged_records_never_stop_the_thread(data):
    """1,200 records, damaged in up to four bytes; the good one after them still alerts."""
    made = Bench()
    made.pump.start()
    try:
        flagged = 0
        for n in range(20):
            record = bytearray(opened() if n % 2 else execed("cat"))
            for _ in range(data.draw(st.integers(0, 4))):
                record[data.draw(st.integers(0, len(record) - 1))] = data.draw(st.integers(0, 255))
            struct.pack_into("=Q", record, 8, now())
            (made.volume if n % 2 else made.life).put(bytes(record))
            flagged += record[7] & 0x01  # EVF_OWN: counted only if malformed
        made.volume.put(opened(pid=777))
        assert made.pump.flush(5)
        stats = made.pump.stats_snapshot()
        assert 21 - flagged <= stats["events"] + stats["malformed"] <= 21
        assert stats["alerts"] >= 1
    finally:
        made.close()


def test_first_only_decides_how_many_rules_alert():
    for first_only, expected in ((True, [0]), (False, [0, 1])):
        made = Bench(SHADOW, "evt.type = openat and fd.name startswith /etc", first_only=first_only)
        made.pump.start()
        made.volume.put(opened())
        assert made.pump.flush(5)
        assert [alert[1] for alert in made.alerts()] == expected
        made.close()


def test_matches_of_one_event_may_be_larger_than_any_alert():
    made = Bench(*[f"evt.type = openat and fd.num = {3}"] * 300, first_only=False)
    made.pump.start()
    made.volume.put(opened("/" + "x" * 4000))
    assert made.pump.flush(5)
    assert len(made.alerts()) == 300
    made.close()


def test_the_thread_needs_no_interpreter(bench):
    """While a call holds the GIL, records are evaluated all the same."""
    fill(bench, 50)
    ctypes.PyDLL(None).usleep(200_000)
    stats = bench.pump.stats_snapshot()
    assert stats["alerts"] == 50


# --- flush, stop, start -----------------------------------------------------------------------------------------------


def test_flush_waits_for_all_that_was_in_the_rings(bench):
    for _ in range(20):
        fill(bench, 20)
        assert bench.pump.flush(5)
        assert len(bench.alerts()) == 20


def test_flush_gives_up_after_its_timeout_and_ctrl_c_ends_it(bench):
    record = opened()
    at = bench.volume.put(record, BUSY)
    assert at is not None
    assert not bench.pump.flush(0.2)
    threading.Timer(0.1, os.kill, [os.getpid(), signal.SIGINT]).start()
    with pytest.raises(KeyboardInterrupt):
        bench.pump.flush()
    bench.volume.commit(at, len(record))
    assert bench.pump.flush(5)
    assert len(bench.alerts()) == 1


def test_stop_keeps_the_rest_for_the_next_start(bench):
    bench.pump.stop()
    bench.pump.stop()
    assert not bench.pump.running
    fill(bench, 3)
    time.sleep(0.05)
    assert bench.alerts() == []
    bench.pump.start()
    assert bench.pump.running
    assert bench.pump.flush(5)
    assert len(bench.alerts()) == 3
    with pytest.raises(SensorError, match="E605"):
        bench.pump.start()


def test_flush_of_a_stopped_pump_is_refused(bench):
    bench.pump.stop()
    with pytest.raises(SensorError, match="E605"):
        bench.pump.flush()


def test_a_queue_that_blocks_does_not_block_stop_nor_lose_silently():
    made = Bench(policy="block", capacity=5)
    made.block(20)
    assert made.table.stats()["processes"] == 1, "the table can be read while the thread waits"
    made.pump.stop()
    queue, stats = made.queue.stats(), made.pump.stats_snapshot()
    assert stats["alerts"] == queue["pushed"] == queue["queued"] + queue["lost_newest"]
    made.pump.start()
    made.take(20 - queue["lost_newest"])
    assert made.queue.stats()["pushed"] == 20
    made.close()


def test_every_alert_is_delivered_or_counted():
    made = Bench(capacity=10)
    made.pump.start()
    fill(made, 500)
    assert made.pump.flush(5)
    queue = made.queue.stats()
    assert queue["pushed"] == 500
    assert queue["lost_oldest"] == 490
    assert len(made.alerts()) == 10
    made.close()


# --- other rules ------------------------------------------------------------------------------------------------------


def test_swap_keeps_processes_and_marks_alerts_with_their_rules(bench):
    bench.life.put(execed("cat"))
    bench.volume.put(opened())
    assert bench.pump.flush(5)
    assert (
        bench.pump.swap(program("evt.type = openat and proc.name = dog", "evt.type = openat and proc.name = cat")) == 2
    )
    assert bench.pump.generation == 2
    bench.volume.put(opened("/tmp/a"))
    assert bench.pump.flush(5)
    assert bench.alerts() == [(1, 0, "/etc/shadow", "cat"), (2, 1, "/tmp/a", "cat")]
    assert bench.pump.stats_snapshot()["matches"] == {1: [1], 2: [0, 1]}


def test_no_event_is_lost_or_evaluated_twice_while_rules_are_swapped(bench):
    counted = 0
    feeder = threading.Thread(target=fill, args=(bench, 2000))
    feeder.start()
    for _ in range(50):
        bench.pump.swap(program(SHADOW))
    feeder.join()
    assert bench.pump.flush(5)
    matches = bench.pump.stats_snapshot()["matches"]
    counted = sum(rules[0] for rules in matches.values())
    assert len(matches) == 51
    assert counted == 2000


def test_texts_without_room_are_counted_across_a_swap():
    """An alert of 220,000 bytes is cut; of 80 derived texts of 4,000 bytes, not all find room."""
    long = " and ".join(f'not concat(fd.name, "y{count}") = z' for count in range(80))
    rules = program(SHADOW, f"evt.type = openat and {long}", message="%proc.cmdline %proc.env")
    made = Bench()
    made.table.seed(tgid=100, start_ns=START, comm="x", args=["a" * 110_000], env=["B" * 110_000])
    made.pump.start()
    made.pump.swap(rules)
    for turn in (1, 2, 3):
        made.volume.put(opened())
        made.volume.put(opened("/" + "x" * 4000, pid=101))
        assert made.pump.flush(5)
        stats = made.pump.stats_snapshot()
        assert (stats["alerts"], stats["alerts_cut"]) == (2 * turn, turn)
        if turn == 1:
            overflows = stats["overflows"]
            assert 0 < overflows < 80
        assert stats["overflows"] == turn * overflows
        made.pump.swap(rules)
        stats = made.pump.stats_snapshot()
        assert (stats["alerts_cut"], stats["overflows"]) == (turn, turn * overflows)
    made.close()


def test_swap_while_the_thread_waits_for_a_reader():
    made = Bench(policy="block", capacity=5)
    made.block(8)
    made.pump.swap(program("evt.type = openat and fd.name = /etc/passwd"))
    made.pump.swap(program("evt.type = openat and fd.name = /etc/group"))
    assert {alert[0] for alert in made.take(8)} == {1}
    made.volume.put(opened("/etc/group"))
    assert made.pump.flush(5)
    assert made.alerts() == [(3, 0, "/etc/group", "start")]
    made.close()


def test_swap_of_a_stopped_pump():
    made = Bench()
    made.pump.swap(program("evt.type = openat and fd.name = /etc/group"))
    made.volume.put(opened())
    made.volume.put(opened("/etc/group"))
    made.pump.start()
    assert made.pump.flush(5)
    assert made.alerts() == [(2, 0, "/etc/group", "start")]
    made.close()


# --- life of the thread -----------------------------------------------------------------------------------------------


def test_pumps_do_not_disturb_each_other():
    pumps = [Bench(f"evt.type = openat and fd.name = /tmp/{n}") for n in range(3)]
    for made in pumps:
        made.pump.start()
    for made in pumps:
        for n in range(3):
            made.volume.put(opened(f"/tmp/{n}"))
    for n, made in enumerate(pumps):
        assert made.pump.flush(5)
        assert made.alerts() == [(1, 0, f"/tmp/{n}", "start")]
    assert len(drain_threads()) == 3
    for made in pumps:
        made.close()
    assert drain_threads() == []


def test_signals_are_blocked_in_the_thread(bench):
    (task,) = drain_threads()
    wanted = 0x7FFF_FFFF & ~(1 << 8 | 1 << 18)  # neither SIGKILL nor SIGSTOP can be blocked

    def blocked() -> int:
        line = next(line for line in (task / "status").read_text().splitlines() if line.startswith("SigBlk"))
        return int(line.split()[1], 16) & wanted

    until = time.monotonic() + 10
    while blocked() != wanted and time.monotonic() < until:
        time.sleep(0.01)  # a sanitizer sets the mask after the start of a thread
    assert blocked() == wanted


def test_twenty_restarts_and_twenty_pumps_leave_nothing_behind():
    Bench().close()
    with none_left():
        for _ in range(20):
            made = Bench()
            for _ in range(20):
                made.pump.start()
                made.pump.stop()
            made.close()
        del made
    assert drain_threads() == []


def test_a_forgotten_pump_stops():
    made = Bench()
    made.pump.start()
    del made.pump
    gc.collect()
    assert drain_threads() == []


def test_the_child_of_a_fork_gives_up_and_the_parent_goes_on(bench):
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            before = len(os.listdir("/proc/self/fd"))
            bench.pump.after_fork_child()
            bench.queue.after_fork_child()
            closed = before - len(os.listdir("/proc/self/fd"))
            calls = (bench.pump.start, bench.pump.stop, bench.pump.flush, bench.pump.stats_snapshot, bench.queue.pop)
            for call in calls:
                with pytest.raises(SensorError, match="E605"):
                    call()
            status = 0 if (closed, bench.pump.running) == (3, False) else 2
            del bench.pump, bench.queue
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    bench.volume.put(opened())
    assert bench.pump.flush(5)
    assert len(bench.alerts()) == 1


def test_a_ring_that_cannot_be_mapped_is_refused(bench):
    fd = os.eventfd(0)
    try:
        with pytest.raises(KernelError, match="E408"):
            DrainThread([(fd, 4096)], program(SHADOW), bench.table, bench.queue)
    finally:
        os.close(fd)


@pytest.mark.parametrize("policy", ["block", "drop_newest"])
def test_what_is_in_the_rings_at_the_end_is_counted(policy):
    bench = Bench(policy=policy, capacity=4)
    count = fill(bench, 200)
    bench.pump.start()
    bench.pump.stop(empty=True)
    stats, queue = bench.pump.stats_snapshot(), bench.queue.stats()
    assert stats["events"] == stats["alerts"] == queue["pushed"] == count
    assert (queue["queued"], queue["lost_newest"]) == (4, count - 4)
    assert stats["ring_fill"] == [0, 0]
    bench.close()


def test_a_record_that_is_never_finished_ends_with_the_rings(bench):
    bench.volume.put(opened())
    bench.volume.put(opened(), BUSY)
    bench.pump.stop(empty=True)
    stats = bench.pump.stats_snapshot()
    assert (stats["events"], stats["malformed"]) == (1, 1)
