# SPDX-License-Identifier: Apache-2.0
"""Tapes between a pump and the writer of a capture, without a kernel."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from support import scapblocks
from support.fakering import FakeRing

from tiercel import compiler
from tiercel._core.alerts.queue import AlertQueue
from tiercel._core.eval.program_build import RuleProgram
from tiercel._core.live.capture_ring import CaptureRing
from tiercel._core.live.pump import DrainThread
from tiercel._core.state.process_table import ProcessTable
from tiercel.errors import SensorError, UsageError
from tiercel.rules import load_text
from tiercel.schema.names import EVENT_BY_NAME
from tiercel.schema.wire import encode

START = 7_000_000_000
RULE = """
- rule: r
  desc: d
  condition: evt.type = getuid
  output: "-"
  priority: INFO
"""


class Bench:
    """A pump that a rule of getuid runs on, and what is put into its ring."""

    def __init__(self, captures: Any = ()) -> None:
        self.ring = FakeRing(1 << 20)
        self.table = ProcessTable()
        program = RuleProgram(compiler.compile(load_text(RULE)).program)
        rings = [(self.ring.fd, self.ring.size)]
        self.pump = DrainThread(rings, program, self.table, AlertQueue(), captures=captures)
        self.pump.start()

    def put(self, name: str, params: Any = None, **header: int) -> int:
        """Put a record into the ring, and wait until it is evaluated; its time."""
        time_ns = header.pop("time_ns", time.clock_gettime_ns(time.CLOCK_BOOTTIME))
        ids = {"tid": 100, "tgid": 100, "vtid": 100, "vpid": 100, "start_ns": START}
        self.ring.put(encode(name, params or {}, header={**ids, "time_ns": time_ns, "comm": "sh", **header}))
        assert self.pump.flush(5)
        return time_ns

    def recorder(self, **options: Any) -> CaptureRing:
        recorder = CaptureRing(self.table, **options)
        self.pump.record(recorder)
        return recorder


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.pump.stop()
    bench.ring.close()


def events(blocks: bytes) -> list[tuple[int, int, int, int, int, tuple[bytes, ...]]]:
    return [scapblocks.event(block) for _, block in scapblocks.blocks(blocks)]


def codes(blocks: bytes) -> list[int]:
    return [event[2] for event in events(blocks)]


def test_events_come_off_in_order(bench: Bench) -> None:
    recorder = bench.recorder()
    for name in ("getuid", "getgid", "getuid"):
        bench.put(name)
    assert codes(recorder.take()) == [EVENT_BY_NAME[name].code for name in ("getuid", "getgid", "getuid")]
    assert recorder.take() == b""
    bench.pump.unrecord(recorder)
    bench.put("getuid")
    assert recorder.take() == b""
    assert recorder.stats()["events"] == 3


def test_a_fork_becomes_a_clone_of_the_child_for_the_tables_alone(bench: Bench) -> None:
    recorder = bench.recorder()
    child = {"child_tid": 200, "child_tgid": 200, "child_start_ns": START + 5, "child_vtid": 2, "child_vpid": 2}
    bench.put("proc_fork", {**child, "flags": 0}, uid=7)
    ((_, tid, code, _, flags, params),) = events(recorder.take())
    row = EVENT_BY_NAME["clone"]
    found = {param.name: value for param, value in zip(row.params, params, strict=True)}
    assert (tid, code, flags) == (200, row.code, 1)
    assert found["comm"] == b"sh\0"
    numbers = {name: int.from_bytes(found[name], "little") for name in ("res", "tid", "pid", "ptid", "vtid", "uid")}
    assert numbers == {"res": 0, "tid": 200, "pid": 200, "ptid": 100, "vtid": 2, "uid": 7}


def test_what_is_outside_of_the_scope_is_for_the_tables(bench: Bench) -> None:
    recorder = bench.recorder()
    bench.put("getuid", flags=0x10)
    bench.put("procexit", {"status": 0}, flags=0x10)
    assert [event[2:5:2] for event in events(recorder.take())] == [(EVENT_BY_NAME["procexit"].code, 1)]


def test_a_full_tape_loses_what_is_new(bench: Bench) -> None:
    recorder = bench.recorder(size=1 << 18)
    for _ in range(12):
        bench.put("write", {"res": 24_000, "data": b"x" * 24_000, "fd": 1, "size": 24_000})
    taken = b"".join(iter(recorder.take, b""))
    assert len(codes(taken)) == 10
    assert recorder.stats()["lost"] == 2
    bench.put("getuid")
    assert codes(recorder.take()) == [EVENT_BY_NAME["getuid"].code]


def test_a_history_keeps_the_last_seconds() -> None:
    bench = Bench(captures=[(True, 1)])
    recorder = bench.recorder(span=5.0, size=1 << 18)
    now = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    bench.put("getgid", time_ns=now - 9_000_000_000)
    bench.put("geteuid", time_ns=now - 2_000_000_000)
    assert recorder.wait(0) is None
    bench.put("getuid", time_ns=now)
    started = recorder.wait(1)
    assert started is not None
    kept = codes(recorder.take())
    assert kept == [EVENT_BY_NAME[name].code for name in ("geteuid", "getuid")]
    assert recorder.stats()["evicted"] == 0
    bench.put("getgid", time_ns=now + 500_000)
    assert codes(recorder.take()) == [EVENT_BY_NAME["getgid"].code]
    bench.put("getegid", time_ns=now + 2_000_000)
    assert recorder.take() == b""
    assert recorder.finish()
    for _ in range(20):
        bench.put("write", {"res": 24_000, "data": b"x" * 24_000, "fd": 1, "size": 24_000})
    assert recorder.stats()["evicted"] > 5
    assert recorder.stats()["lost"] == 0
    bench.pump.stop()
    bench.ring.close()


def test_snapshot_is_of_the_position(bench: Bench) -> None:
    recorder = bench.recorder()
    bench.put("getuid")
    position, _, processes = recorder.snapshot()
    assert [process["tgid"] for process in processes] == [100]
    assert len(recorder.take(until=position)) == position


def test_limits(bench: Bench) -> None:
    with pytest.raises(UsageError):
        CaptureRing(bench.table, size=100)
    for _ in range(8):
        bench.recorder(size=1 << 18)
    with pytest.raises(SensorError, match="8 recordings"):
        bench.recorder()
