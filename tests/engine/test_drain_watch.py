# SPDX-License-Identifier: Apache-2.0
"""Detection of a drain thread that does not run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.waiting import eventually

import tiercel.engine.drain_watch
from tiercel import Ruleset, Scope, Sensor
from tiercel.engine.drain_watch import PATIENCE, DrainWatch
from tiercel.rules import Priority

PTRACE = {"x86_64": 101, "aarch64": 117}[os.uname().machine]
SUSPENDER = f"""
import ctypes, sys
tid = int(sys.argv[1])
call = ctypes.CDLL(None).syscall
assert call({PTRACE}, 0x4206, tid, None, None) == 0  # PTRACE_SEIZE
assert call({PTRACE}, 0x4207, tid, None, None) == 0  # PTRACE_INTERRUPT
print(flush=True)
input()
"""


def test_a_thread_that_polls() -> None:
    polls = iter(range(100))
    watch = DrainWatch(lambda: next(polls))
    assert [watch.tick(queue_was_emptied=True) for _ in range(2 * PATIENCE)] == [[]] * (2 * PATIENCE)
    assert not watch.is_stuck


def test_a_thread_that_stops_and_goes_on() -> None:
    polls = 7
    watch = DrainWatch(lambda: polls)
    assert [watch.tick(queue_was_emptied=True) for _ in range(PATIENCE)] == [[]] * PATIENCE
    (notice,) = watch.tick(queue_was_emptied=True)
    assert (notice.kind, notice.priority, watch.is_stuck) == ("drain stuck", Priority.CRITICAL, True)
    assert watch.tick(queue_was_emptied=True) == []
    polls += 1
    assert [notice.kind for notice in watch.tick(queue_was_emptied=True)] == ["drain resumed"]
    assert not watch.is_stuck


def test_a_reader_that_does_not_read() -> None:
    watch = DrainWatch(lambda: 7)
    assert not any(watch.tick(queue_was_emptied=False) for _ in range(3 * PATIENCE))


@pytest.mark.kernel
def test_a_thread_that_another_process_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiercel.engine.drain_watch, "PATIENCE", 2)
    kinds: list[str] = []

    def reported(kind: str) -> bool:
        sensor.read()
        kinds.extend(notice.kind for notice in sensor.notices.take())
        return kind in kinds

    with Sensor(Ruleset.loads("[]"), scope=Scope.tree(os.getpid())) as sensor:
        (tid,) = [task.name for task in Path("/proc/self/task").iterdir() if is_drain(task)]
        argv = [sys.executable, "-c", SUSPENDER, tid]
        with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
            assert holder.stdout is not None
            holder.stdout.readline()
            eventually(lambda: reported("drain stuck"))
            assert sensor.is_stuck
            assert sensor.is_blind
            holder.communicate(b"\n")
        eventually(lambda: reported("drain resumed"))
        assert not sensor.is_blind
    assert not sensor.is_stuck


def is_drain(task: Path) -> bool:
    return (task / "comm").read_text() == "tiercel-drain\n"
