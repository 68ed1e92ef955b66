# SPDX-License-Identifier: Apache-2.0
"""clone3: both sides of it."""

from __future__ import annotations

import errno
import signal

from support import native
from support.calls import Step, call, child, hold, thread
from support.falco import Clone
from support.proc import Process
from support.process import fork_params
from support.recorder import Live


def clone3(flags: int) -> Step:
    return call("clone3", native.clone_args(flags, signal.SIGCHLD), native.CLONE_ARGS_SIZE)


def test_makes_a_process(live: Live) -> None:
    steps = child(clone3(native.CLONE_FS | native.CLONE_FILES), pause := hold())
    with live.start(steps) as run:
        run.until(pause)
        parent, made = Process(run.pid), Process(pause.pid)
    events = {event.params["res"]: event for event in run.events("clone3")}
    flags = Clone.FS | Clone.FILES
    assert events.keys() == {0, pause.pid}
    assert events[0].params == fork_params(made, res=0, command=run.command, flags=flags)
    assert events[pause.pid].params == fork_params(parent, res=pause.pid, command=run.command, flags=flags)


def test_makes_the_first_process_of_a_pid_namespace(live: Live) -> None:
    steps = child(clone3(native.CLONE_NEWPID), pause := hold())
    with live.start(steps) as run:
        run.until(steps[0], reports=2)
        run.until(pause)
        pid = steps[0].ret
        parent, made = Process(run.pid), Process(pid)
    events = {event.params["res"]: event for event in run.events("clone3")}
    assert events.keys() == {0, pid}
    assert events[0].params == fork_params(made, res=0, command=run.command, flags=Clone.NEWPID | Clone.CHILD_IN_PIDNS)
    assert (events[0].params["vtid"], events[0].params["vpid"]) == (1, 1)
    assert events[pid].params == fork_params(parent, res=pid, command=run.command, flags=Clone.NEWPID)


def test_fails(live: Live) -> None:
    with live.start(child(clone3(native.CLONE_SIGHAND)), pause := hold()) as run:
        run.until(pause)
        task = Process(run.pid)
    (event,) = run.events("clone3")
    expected = fork_params(task, res=-errno.EINVAL, command=run.command, flags=Clone.SIGHAND)
    assert event.params == expected | {"exe": None, "args": None}


def test_makes_a_thread(live: Live) -> None:
    """By glibc, which makes threads with clone3 where the kernel has it."""
    with live.start(thread(pause := hold())) as run:
        run.until(pause)
        leader, made = Process(run.pid), Process(pause.tid)
    events = {event.params["res"]: event for event in run.events("clone3")}
    shared = Clone.VM | Clone.FS | Clone.FILES | Clone.SIGHAND | Clone.THREAD | Clone.SYSVSEM
    flags = shared | Clone.SETTLS | Clone.PARENT_SETTID | Clone.CHILD_CLEARTID
    assert events.keys() == {0, pause.tid}
    assert events[0].params == fork_params(made, res=0, command=run.command, flags=flags)
    assert (events[0].params["tid"], events[0].params["pid"]) == (pause.tid, run.pid)
    assert events[pause.tid].params == fork_params(leader, res=pause.tid, command=run.command, flags=flags)


def test_arguments_cannot_be_read(live: Live) -> None:
    with live.start(child(call("clone3", 1, native.CLONE_ARGS_SIZE)), pause := hold()) as run:
        run.until(pause)
        task = Process(run.pid)
    (event,) = run.events("clone3")
    expected = fork_params(task, res=-errno.EFAULT, command=run.command, flags=0)
    assert event.params == expected | {"exe": None, "args": None}
