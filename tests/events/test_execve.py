# SPDX-License-Identifier: Apache-2.0
"""execve: the kernel's data about the started program.  More of it is in test_lifecycle.py and test_args.py."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from support.calls import call, hold
from support.expect import named, opened
from support.falco import Exe
from support.proc import Process
from support.process import exec_params
from support.recorder import Live


def test_starts_a_program(live: Live) -> None:
    with live.start(pause := hold()) as run:
        run.until(pause)
        task = Process(run.pid)
    assert run.started.params == exec_params(
        task, command=run.command, filename=opened(live.program), exepath=live.program
    )


def test_by_a_link_and_a_relative_name(live: Live, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(live.program)
    starts = call("execve", "./link", ["other name", ":hold"], ["A=1", "B=", "A=2"])
    with live.start(starts, cwd=tmp_path) as run:
        run.until(starts)  # what reports is the first step of the second program
        task = Process(run.pid)
    (event,) = run.events("execve")
    assert task.comm == "link"
    assert event.params == exec_params(
        task,
        command=["other name", ":hold"],
        filename=opened(live.program, "./link", tmp_path),
        exepath=live.program,
        env=["A=1", "B=", "A=2"],
    )


def test_by_an_interpreter(live: Live, tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text(f"#!{live.program} :hold\n")
    script.chmod(0o755)
    starts = call("execve", script, ["ignored", "argument"], [])
    with live.start(starts) as run:
        run.until(starts)
        task = Process(run.pid)
    (event,) = run.events("execve")
    assert task.comm == "script"
    assert event.params == exec_params(
        task,
        command=[live.program, ":hold", script, "argument"],
        filename=named(script),  # the kernel holds the interpreter alone
        exepath=live.program,
        env=[],
    )


def test_program_that_the_user_may_not_write(live: Live) -> None:
    run = live.run(
        call("setresgid", 1234, 1234, 1234),
        call("setresuid", 1234, 1234, 1234),
        call("execve", "/bin/true", ["true"], []),
    )
    (event,) = run.events("execve")
    true = os.path.realpath("/bin/true")
    assert event.params["trusted_exepath"].real == true
    assert event.params["exe_ino"] == os.stat(true).st_ino
    assert {name: event.params[name] for name in ("flags", "uid", "gid", "cap_permitted", "cap_effective")} == {
        "flags": 0,
        "uid": 1234,
        "gid": 1234,
        "cap_permitted": 0,
        "cap_effective": 0,
    }


def test_anonymous_file(live: Live) -> None:
    size = live.program.stat().st_size
    memory = call("memfd_create", "payload", 0)
    image = call("open", live.program, os.O_RDONLY, 0)
    run = live.run(
        memory,
        image,
        copied := call("sendfile", memory, image, None, size),
        call("execve", "/proc/self/fd/3", ["payload", "nr:39"], []),
    )
    (event,) = run.events("execve")
    assert (memory.ret, copied.ret) == (3, size)
    assert event.params["flags"] == Exe.WRITABLE | Exe.FROM_MEMFD
    assert event.params["trusted_exepath"].real == "memfd:payload"
    assert event.params["filename"].name == "/proc/self/fd/3"
    assert event.comm == "3"


def test_finds_no_program(live: Live, tmp_path: Path) -> None:
    fails = call("execve", tmp_path / "missing", ["missing", "-a", "b c"], ["A=1"])
    with live.start(fails, pause := hold()) as run:
        run.until(pause)
        task = Process(run.pid)
    (event,) = run.events("execve")
    assert event.params == exec_params(
        task,
        res=-errno.ENOENT,
        command=["missing", "-a", "b c"],
        filename=named(tmp_path / "missing"),
        exepath=live.program,  # still
        env=["A=1"],
    )
