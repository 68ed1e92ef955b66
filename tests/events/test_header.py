# SPDX-License-Identifier: Apache-2.0
"""The header of every event: who did it, where and when, against /proc."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from support import native
from support.calls import OWN_PID, call, child, hold, thread
from support.falco import NO_ID
from support.proc import Process
from support.recorder import Live, Recorded

SPEAK = ("kill", OWN_PID, 0)  # an event that does nothing


def assert_header(event: Recorded, task: Process, leader: Process) -> None:
    """``event`` was made by ``task``, a thread of ``leader``'s process."""
    first, last = leader.start_range_ns
    assert (event.tid, event.pid, event.ppid) == (task.pid, leader.pid, leader.ppid)
    assert (event.vtid, event.vpid) == (task.ids("NSpid")[-1], leader.ids("NSpid")[-1])
    assert (event.uid, event.gid) == (task.ids("Uid")[1], task.ids("Gid")[1])
    assert event.loginuid == task.loginuid
    assert event.comm == task.comm
    assert first <= event.start_ns <= last
    assert event.cgroup_id
    assert (event.mnt_ns, event.pid_ns) == (task.mnt_ns, task.pid_ns)
    assert event.cpu in range(os.cpu_count() or 1)


def test_plain_process(live: Live) -> None:
    before = time.time_ns()
    with live.start(call(*SPEAK), pause := hold()) as run:
        run.until(pause)
        task = Process(run.pid)
    after = time.time_ns()
    for event in run.own:
        assert_header(event, task, task)
        assert event.ppid == os.getpid()
        assert not event.truncated
        assert not event.ia32
    assert [(event.type, event.syscall) for event in run.own] == [("execve", None), ("kill", 62), ("procexit", None)]
    times = [event.time_ns for event in run.everything]
    assert times == sorted(times)
    assert before <= times[0]
    assert times[-1] <= after


def test_thread(live: Live) -> None:
    rename = call("prctl", native.PR_SET_NAME, "worker", 0, 0, 0)
    with live.start(thread(rename, call(*SPEAK), pause := hold())) as run:
        run.until(pause)
        leader, task = Process(run.pid), Process(pause.tid)
    (event,) = run.events("kill")
    assert task.comm == "worker"
    assert event.tid != event.pid
    assert_header(event, task, leader)


def test_other_user_and_group(live: Live) -> None:
    steps = [call("setresgid", 10, 20, 30), call("setresuid", 11, 21, 31), call(*SPEAK), pause := hold()]
    with live.start(*steps) as run:
        run.until(pause)
        task = Process(run.pid)
    (event,) = run.events("kill")
    assert (event.uid, event.gid) == (21, 20)
    assert_header(event, task, task)


def test_login_user(live: Live) -> None:
    file = call("open", "/proc/self/loginuid", os.O_WRONLY, 0)
    with live.start(file, call("write", file, "4242", 4), call(*SPEAK), pause := hold()) as run:
        run.until(pause)
        task = Process(run.pid)
    (event,) = run.events("kill")
    assert run.started.loginuid == Process(os.getpid()).loginuid
    assert event.loginuid in (4242, NO_ID)
    assert_header(event, task, task)


def test_namespaces(live: Live) -> None:
    clone = call("clone", native.CLONE_NEWPID | native.CLONE_NEWNS | signal.SIGCHLD, 0, 0, 0, 0)
    with live.start(child(clone, call(*SPEAK), pause := hold())) as run:
        run.until(pause)
        run.until(clone, reports=2)
        task = Process(clone.ret)
    (event,) = run.events("kill")
    assert (event.vtid, event.vpid) == (1, 1)
    assert event.mnt_ns != run.started.mnt_ns
    assert event.pid_ns != run.started.pid_ns
    assert_header(event, task, task)


def test_cgroup(live: Live, cgroup: Path) -> None:
    file = call("open", cgroup / "cgroup.procs", os.O_WRONLY, 0)
    with live.start(file, call("write", file, "0", 1), call(*SPEAK), pause := hold()) as run:
        run.until(pause)
        task = Process(run.pid)
    (event,) = run.events("kill")
    assert event.cgroup_id != run.started.cgroup_id
    again = live.run(call("open", cgroup / "cgroup.procs", os.O_WRONLY, 0), call("write", -1, "0", 1), call(*SPEAK))
    assert again.events("kill")[0].cgroup_id == run.started.cgroup_id
    assert_header(event, task, task)


def test_comm_that_is_no_text(live: Live) -> None:
    run = live.run(call("prctl", native.PR_SET_NAME, b"\xff\xfe bad\x1b[0m\0", 0, 0, 0), call(*SPEAK))
    (event,) = run.events("kill")
    assert os.fsencode(event.comm) == b"\xff\xfe bad\x1b[0m"
