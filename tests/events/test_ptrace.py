# SPDX-License-Identifier: Apache-2.0
"""ptrace: between a process and its own child."""

from __future__ import annotations

import errno
import signal

import pytest
from support import native
from support.calls import OWN_PID, PARENT_PID, Zeros, call, child
from support.falco import Ptrace
from support.native import WAIT_ALL
from support.recorder import Live

IMAGE = 0x400000  # where a static program starts that is not position-independent


def test_child_is_traced_read_and_continued(live: Live) -> None:
    steps = child("fork", call("ptrace", native.PTRACE_TRACEME, 0, 0, 0), call("kill", OWN_PID, signal.SIGSTOP))
    fork, join = steps[0], steps[-1]
    run = live.run(
        steps,  # the parent's wait ends when the child stops
        call("ptrace", native.PTRACE_PEEKTEXT, fork, IMAGE, Zeros(8)),
        call("ptrace", native.PTRACE_CONT, fork, 0, signal.SIGCONT),
        end := call("wait4", fork, None, WAIT_ALL, None),
    )
    traceme, peek, cont = (event.params for event in run.events("ptrace"))
    assert join.status == signal.SIGSTOP << 8 | 0x7F
    assert end.ret == fork.ret
    assert traceme == {"res": 0, "addr": 0, "data": 0, "request": Ptrace.TRACEME, "pid": 0}
    assert peek == {
        "res": 0,
        "addr": IMAGE,
        "data": int.from_bytes(live.program.read_bytes()[:8], "little"),
        "request": Ptrace.PEEKTEXT,
        "pid": fork.ret,
    }
    assert cont == {"res": 0, "addr": 0, "data": 18, "request": Ptrace.CONT, "pid": fork.ret}


def test_attaches_without_stopping(live: Live) -> None:
    run = live.run(child("fork", call("ptrace", native.PTRACE_SEIZE, PARENT_PID, 0, 0)))
    (event,) = run.events("ptrace")
    assert event.params == {
        "res": 0,
        "addr": 0,
        "data": 0,
        "request": Ptrace.SEIZE,
        "pid": run.pid,
    }


@pytest.mark.parametrize(
    ("request_", "name"),
    [
        (native.PTRACE_CONT, "PTRACE_CONT"),
        (native.PTRACE_SINGLESTEP, "PTRACE_SINGLESTEP"),
        (native.PTRACE_SYSCALL, "PTRACE_SYSCALL"),
        (native.PTRACE_DETACH, "PTRACE_DETACH"),
    ],
)
def test_requests_that_go_on_name_a_signal(live: Live, request_: int, name: str) -> None:
    steps = child("fork", call("ptrace", native.PTRACE_TRACEME, 0, 0, 0), call("kill", OWN_PID, signal.SIGSTOP))
    fork = steps[0]
    run = live.run(
        steps,
        made := call("ptrace", request_, fork, 0, signal.SIGKILL),
        call("wait4", fork, None, WAIT_ALL, None),
    )
    event = run.events("ptrace")[-1]
    assert made.ret == 0
    assert event.params == {
        "res": 0,
        "addr": 0,
        "data": signal.SIGKILL,
        "request": getattr(Ptrace, name.removeprefix("PTRACE_")),
        "pid": fork.ret,
    }
    assert "data=9(SIGKILL) request=" in event.fields["evt.args"]


def test_not_the_tracer(live: Live) -> None:
    run = live.run(call("ptrace", native.PTRACE_DETACH, OWN_PID, 0x1234, 9))
    (event,) = run.events("ptrace")
    assert event.params == {
        "res": -errno.ESRCH,
        "addr": 0,
        "data": 0,
        "request": Ptrace.DETACH,
        "pid": run.pid,
    }


def test_request_is_unknown(live: Live) -> None:
    run = live.run(made := call("ptrace", 0x7777, OWN_PID, 0, 0))
    (event,) = run.events("ptrace")
    assert made.ret < 0
    assert event.params == {
        "res": made.ret,
        "addr": 0,
        "data": 0,
        "request": Ptrace.UNKNOWN,
        "pid": run.pid,
    }
