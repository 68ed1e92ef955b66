# SPDX-License-Identifier: Apache-2.0
"""procexit."""

from __future__ import annotations

import os
import select
import signal

import pytest
from support import native
from support.calls import OWN_PID, PARENT_PID, call, child, hold
from support.proc import Process
from support.recorder import Live


@pytest.mark.parametrize("code", [0, 1, 3, 255])
def test_exits(live: Live, code: int) -> None:
    run = live.run(call("exit_group", code))
    (event,) = run.events("procexit")
    assert event.params == {"status": code << 8, "ret": code, "sig": 0, "core": 0, "reaper_tid": 0}


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_is_killed(live: Live, number: signal.Signals) -> None:
    steps = child(
        "fork", call("prlimit64", 0, native.RLIMIT_CORE, native.rlimit(0, 0), None), call("kill", OWN_PID, number)
    )
    run = live.run(steps)
    event = next(event for event in run.events("procexit") if event.tid == steps[0].ret)
    assert steps[-1].status == number
    assert event.params == {"status": number, "ret": 0, "sig": number, "core": 0, "reaper_tid": 0}


def test_dumps_core(live: Live, tmp_path: os.PathLike[str]) -> None:
    size = 1 << 26
    limit = native.rlimit(size, size)
    steps = child("fork", call("prlimit64", 0, native.RLIMIT_CORE, limit, None), call("kill", OWN_PID, signal.SIGABRT))
    run = live.run(steps, cwd=tmp_path)
    event = next(event for event in run.events("procexit") if event.tid == steps[0].ret)
    status = steps[-1].status
    assert event.params == {
        "status": status,
        "ret": 0,
        "sig": signal.SIGABRT,
        "core": int(os.WCOREDUMP(status)),  # where the machine lets it
        "reaper_tid": 0,
    }


def test_children_go_to_a_reaper(live: Live) -> None:
    inner = child("fork", call("kill", PARENT_PID, signal.SIGKILL), hold())
    outer = child("fork", inner)
    with live.start(call("prctl", native.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), outer) as run:
        run.until(outer[-1])  # the parent of the held process is dead
    event = next(event for event in run.events("procexit") if event.tid == outer[0].ret)
    assert event.params == {"status": 9, "ret": 0, "sig": 9, "core": 0, "reaper_tid": run.pid}


def test_children_go_to_init(live: Live) -> None:
    outer = child("fork", child("fork", call("kill", PARENT_PID, signal.SIGKILL), pause := hold()))
    with live.start(outer) as run:
        run.until(outer[-1])
        run.until(pause)
        orphan = os.pidfd_open(pause.pid)
        reaper = Process(pause.pid).ppid  # init, or what stands for it above this test
        run.finish()
        select.select([orphan], [], [])  # no process here can wait for it otherwise
        os.close(orphan)
    event = next(event for event in run.events("procexit") if event.tid == outer[0].ret)
    assert event.params == {"status": 9, "ret": 0, "sig": 9, "core": 0, "reaper_tid": reaper}
