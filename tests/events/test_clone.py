# SPDX-License-Identifier: Apache-2.0
"""clone: both sides of it."""

from __future__ import annotations

import errno
import signal

from support import native
from support.calls import Step, call, child, hold
from support.falco import Clone
from support.proc import Process
from support.process import fork_params
from support.recorder import Live


def clone(flags: int) -> Step:
    return call("clone", flags | signal.SIGCHLD, 0, 0, 0, 0)


def test_makes_a_process(live: Live) -> None:
    steps = child(clone(native.CLONE_FS | native.CLONE_FILES), pause := hold())
    with live.start(steps) as run:
        run.until(pause)
        parent, made = Process(run.pid), Process(pause.pid)
    events = {event.params["res"]: event for event in run.events("clone")}
    flags = Clone.FS | Clone.FILES
    assert events.keys() == {0, pause.pid}
    assert events[0].params == fork_params(made, res=0, command=run.command, flags=flags)
    assert events[pause.pid].params == fork_params(parent, res=pause.pid, command=run.command, flags=flags)


def test_makes_the_first_process_of_a_pid_namespace(live: Live) -> None:
    steps = child(clone(native.CLONE_NEWPID), pause := hold())
    with live.start(steps) as run:
        run.until(steps[0], reports=2)
        run.until(pause)
        pid = steps[0].ret
        parent, made = Process(run.pid), Process(pid)
    events = {event.params["res"]: event for event in run.events("clone")}
    assert events.keys() == {0, pid}
    assert events[0].params == fork_params(made, res=0, command=run.command, flags=Clone.NEWPID | Clone.CHILD_IN_PIDNS)
    assert (events[0].params["vtid"], events[0].params["vpid"]) == (1, 1)
    assert events[pid].params == fork_params(parent, res=pid, command=run.command, flags=Clone.NEWPID)


def test_fails(live: Live) -> None:
    with live.start(child(clone(native.CLONE_SIGHAND)), pause := hold()) as run:
        run.until(pause)
        task = Process(run.pid)
    (event,) = run.events("clone")
    expected = fork_params(task, res=-errno.EINVAL, command=run.command, flags=Clone.SIGHAND)
    assert event.params == expected | {"exe": None, "args": None}
