# SPDX-License-Identifier: Apache-2.0
"""page_fault.  There is no end of it: rules must name it."""

from __future__ import annotations

import os
from pathlib import Path

from support.calls import Zeros, call
from support.recorder import Live, Recorded, Run, ruleset

import tiercel

NOT_PRESENT, VIOLATION, WRITE, READ, USER, SUPERVISOR = 2, 1, 4, 8, 0x10, 0x20
IMAGE = range(0x400000, 0x1000000)  # where the program lies
SIZE = 1 << 20


def faults(program: Path) -> tuple[Run, list[Recorded]]:
    with tiercel.Sensor(ruleset("execve", "dup2", "page_fault"), scope=tiercel.Scope.tree(os.getpid())) as sensor:
        run = Live(sensor, program).run(call("getcwd", Zeros(SIZE), SIZE))
    return run, [event for event in run.everything if event.type == "page_fault" and event.pid == run.pid]


def test_of_the_program_and_of_the_kernel(program: Path) -> None:
    _, events = faults(program)
    for event in events:
        assert event.params.keys() == {"addr", "ip", "error"}
        error = event.params["error"]
        assert bool(error & NOT_PRESENT) != bool(error & VIOLATION)
        assert bool(error & WRITE) != bool(error & READ)
        assert bool(error & USER) != bool(error & SUPERVISOR)
    user = [event.params for event in events if event.params["error"] & USER]
    assert any(params["addr"] in IMAGE and params["ip"] in IMAGE for params in user)
    assert any(
        params["ip"] > 1 << 63 for params in (event.params for event in events if event.params["error"] & SUPERVISOR)
    )
