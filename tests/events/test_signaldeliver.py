# SPDX-License-Identifier: Apache-2.0
"""signaldeliver.  A signal that ends a process arrives as a SIGKILL without sender, unless a tracer lets it through."""

from __future__ import annotations

import signal
import struct
from typing import Any

import pytest
from support import native
from support.calls import OWN_PID, Steps, call, child
from support.recorder import Live, Recorded, Run

RT = 40
ITIMER_REAL = 0


def delivered(run: Run, number: int) -> list[Recorded]:
    return [event for event in run.events("signaldeliver") if event.params["sig"] == number]


def let_through(number: int, *steps: Any) -> Steps:
    """A child that stops before it gets the signal, which its parent then lets it have."""
    traced = child("fork", call("ptrace", native.PTRACE_TRACEME, 0, 0, 0), *steps)
    return [
        *traced,
        call("ptrace", native.PTRACE_CONT, traced[0], 0, number),
        call("wait4", traced[0], None, native.WAIT_ALL, None),
    ]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, RT])
def test_by_a_process(live: Live, number: int) -> None:
    steps = let_through(number, call("kill", OWN_PID, number))
    run = live.run(*steps)
    (event,) = delivered(run, number)
    pid = steps[0].ret
    assert event.params == {"spid": pid, "dpid": pid, "sig": number}
    assert (event.pid, event.tid, event.syscall) == (pid, pid, None)
    assert event.fields["evt.args"].startswith(f"spid={pid}(calls) dpid={pid}(calls) sig={int(number)}")


def test_that_says_nothing_of_a_process(live: Live) -> None:
    steps = let_through(signal.SIGUSR1, call("kill", OWN_PID, signal.SIGUSR1))
    run = live.run(*steps)
    (event,) = delivered(run, signal.SIGUSR1)
    assert event.params == {"spid": 0, "dpid": steps[0].ret, "sig": 10}


def test_by_the_kernel(live: Live) -> None:
    soon = struct.pack("=4q", 0, 0, 0, 1000)
    steps = let_through(signal.SIGALRM, call("setitimer", ITIMER_REAL, soon, None), call("pause"))
    run = live.run(*steps)
    (event,) = delivered(run, signal.SIGALRM)
    assert event.params == {"spid": 0, "dpid": steps[0].ret, "sig": 14}


def test_ends_a_process(live: Live) -> None:
    steps = child("fork", call("kill", OWN_PID, signal.SIGKILL))
    run = live.run(steps)
    (event,) = delivered(run, signal.SIGKILL)
    assert event.params == {"spid": 0, "dpid": steps[0].ret, "sig": 9}
