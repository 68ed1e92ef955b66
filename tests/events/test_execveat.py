# SPDX-License-Identifier: Apache-2.0
"""execveat.  One that succeeds is reported as an execve, as by Falco: both reach the same hook of the kernel."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from support import native
from support.calls import call, hold
from support.expect import opened
from support.proc import Process
from support.process import exec_params
from support.recorder import Live


def test_finds_no_program(live: Live, tmp_path: Path) -> None:
    directory = call("open", tmp_path, os.O_RDONLY, 0)
    fails = call("execveat", directory, "missing", ["name", "-x"], ["A=1"], 0)
    with live.start(directory, fails, pause := hold()) as run:
        run.until(pause)
        task = Process(run.pid)
    (event,) = run.events("execveat")
    expected = exec_params(
        task,
        res=-errno.ENOENT,
        command=["name", "-x"],
        filename=opened(live.program),
        exepath=live.program,  # still
        env=["A=1"],
    )
    del expected["filename"]
    assert event.params == expected


def test_starts_an_open_file(live: Live) -> None:
    file = call("open", live.program, os.O_RDONLY, 0)
    starts = call("execveat", file, "", ["name", ":hold"], ["A=1"], native.AT_EMPTY_PATH)
    with live.start(file, starts) as run:
        run.until(file, reports=2)  # the other is of the first step of the second program
        task = Process(run.pid)
    (event,) = run.events("execve")
    assert event.params == exec_params(
        task,
        command=["name", ":hold"],
        filename=opened(live.program, "/dev/fd/3"),
        exepath=live.program,
        env=["A=1"],
    )
    assert not run.events("execveat")
