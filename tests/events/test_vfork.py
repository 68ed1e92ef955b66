# SPDX-License-Identifier: Apache-2.0
"""vfork: both sides of it."""

from __future__ import annotations

from support.calls import call, child, hold
from support.proc import Process
from support.process import fork_params
from support.recorder import Live


def test_makes_a_process(live: Live) -> None:
    steps = child("vfork", pause := hold())
    with live.start(steps) as run:
        run.until(pause)
        parent, made = Process(run.pid), Process(pause.pid)
    events = {event.params["res"]: event for event in run.events("vfork")}
    assert events.keys() == {0, pause.pid}
    assert events[0].params == fork_params(made, res=0, command=run.command, flags=0)
    assert events[pause.pid].params == fork_params(parent, res=pause.pid, command=run.command, flags=0)


def test_parent_returns_after_the_child(live: Live) -> None:
    run = live.run(child("vfork", call("getpid")))
    first, second = run.events("vfork")
    (ended,) = (event for event in run.events("procexit") if event.tid == first.tid)
    assert (first.params["res"], second.params["res"]) == (0, first.tid)
    assert first.time_ns <= ended.time_ns <= second.time_ns
