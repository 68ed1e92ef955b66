# SPDX-License-Identifier: Apache-2.0
"""proc_fork. A process came into being."""

from __future__ import annotations

import fcntl
import os
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path

from support import groups
from support.calls import Running, call, child, hold
from support.proc import Process

CLONE_INTO_CGROUP = 0x2_0000_0000
CGROUP_MEMBER = 80  # bytes before the member of struct clone_args


def test_every_param(begin: Callable[..., Running]) -> None:
    with groups.watch() as watch:
        run = begin(child("fork", pause := hold()))
        run.until(pause)
        forks = watch.events("proc_fork")
        parent, made = Process(run.pid), Process(pause.pid)
        (fork,) = [event for event in forks if event["pid"] == run.pid]
        ids = {task.tgid: task for task in watch.probe.tasks()}
        run.finish()
    first, last = made.start_range_ns
    params = fork["params"]
    assert (fork["pid"], fork["ppid"], fork["cgroup_id"]) == (parent.pid, os.getpid(), ids[parent.pid].cgroup_id)
    assert first <= params.pop("child_start_ns") <= last
    assert params == {
        "child_tid": made.pid,
        "child_tgid": made.pid,
        "child_vtid": made.ids("NSpid")[-1],
        "child_vpid": made.ids("NSpid")[-1],
        "flags": 0,
        "pid_ns": made.pid_ns,
        "pidns_start_ns": ids[made.pid].pidns_start_ns,
        "child_cgroup_id": fork["cgroup_id"],
    }


def test_a_child_that_is_born_in_another_group(program: Path) -> None:
    with groups.watch() as watch, groups.group() as made:
        fd = os.open(made, os.O_RDONLY | os.O_DIRECTORY)
        head = struct.pack("=8Q", CLONE_INTO_CGROUP, 0, 0, 0, signal.SIGCHLD, 0, 0, 0)
        args = head.ljust(CGROUP_MEMBER, b"\0") + struct.pack("=Q", fd)
        run = Running(program, child(call("clone3", args, len(args)), pause := hold()), pass_fds=(fd,))
        os.close(fd)
        try:
            run.until(pause)
            (fork,) = [event for event in watch.events("proc_fork") if event["pid"] == run.pid]
            (task,) = [task for task in watch.probe.tasks() if task.tgid == pause.pid]
        finally:
            run.finish()
        assert run.steps[0].ret == pause.pid
    assert task.cgroups is not None
    assert f"/{made.name}" in groups.names(task.cgroups).values()
    assert fork["params"]["child_cgroup_id"] == task.cgroup_id != fork["cgroup_id"]


def test_no_report_of_a_run_is_lost(program: Path) -> None:
    """Also if a later report, here the parent's, is in the pipe before an earlier one is read."""
    run = Running(program, child("fork", pause := hold()))
    written = bytearray(4)
    while int.from_bytes(written, sys.byteorder) < 3 * len(b'{"step": 0, "ret": 0}'):
        fcntl.ioctl(run._process.stdout, termios.FIONREAD, written)
    time.sleep(0.1)
    run.until(pause)
    run.finish()
    assert run.steps[0].ret == pause.pid
