# SPDX-License-Identifier: Apache-2.0
"""Test data of the benches: records as the probe sends them, and rules."""

from __future__ import annotations

from pathlib import Path

from tests.support import scapfile
from tiercel import compiler
from tiercel._core.api.evaluator import Evaluator
from tiercel._core.eval.program_build import RuleProgram
from tiercel._core.state.process_table import ProcessTable
from tiercel.rules import load_files, load_text
from tiercel.schema.wire import encode

REPOSITORY = Path(__file__).resolve().parents[1]
PACKAGED = REPOSITORY / "rules" / "base"
START = 1_000_000_000


def _header(time_ns: int, pid: int) -> dict[str, int | str]:
    ids = dict.fromkeys(("tid", "tgid", "vtid", "vpid"), pid)
    return {"time_ns": time_ns, "start_ns": START, "ptgid": 1, "uid": 1000, "gid": 1000, "comm": "cat", **ids}


def openat(path: str = "/var/log/syslog", *, time_ns: int = START, pid: int = 100) -> bytes:
    """The most frequent record: a file was opened for reading."""
    paths = {"name": path, "base": None, "real": path}
    params = {"fd": 3, "dirfd": -100, "name": paths, "flags": 1, "mode": 0, "dev": 1, "ino": 5}
    return encode("openat", params, header=_header(time_ns, pid), file={"type": "file", "flags": 8, "path": path})


def execve(*args: str, time_ns: int = START, pid: int = 100) -> bytes:
    """A program was started with ten words of environment."""
    path = f"/usr/bin/{args[0]}"
    params = {
        "res": 0, "exe": path, "args": args[1:], "tid": pid, "pid": pid, "ptid": 1, "cwd": "/home/user",
        "comm": args[0], "env": [f"NAME{n}=value{n}" for n in range(10)], "cgroups": ["cpu=/user", "memory=/user"],
        "trusted_exepath": {"name": path, "base": None, "real": path},
    }  # fmt: skip
    return encode("execve", params, header=_header(time_ns, pid))


def procexit(*, time_ns: int = START, pid: int = 100) -> bytes:
    """A process ended."""
    return encode("procexit", {"status": 0, "ret": 0}, header=_header(time_ns, pid), extra={"last": 1})


def calls_capture(count: int) -> bytes:
    """A capture of so many events: a program that opens, reads, closes and fails to look at a file, over and over."""
    calls = []
    for at in range(scapfile.START, scapfile.START + count, 4):
        calls.append(scapfile.call("openat", 3, -100, "/usr/share/doc/readme", 1, 0, 0, 7, ts=at))
        calls.append(scapfile.call("read", 80, bytes(80), 3, 80, ts=at + 1))
        calls.append(scapfile.call("close", 0, 3, ts=at + 2))
        calls.append(scapfile.call("fstat", -9, 3, ts=at + 3))
    return scapfile.capture(*calls)


def rules_text(count: int) -> str:
    """Rules about files, each with its own directories and names: a common kind of rule."""
    return "".join(
        f"- rule: bench {n}\n  desc: files of application {n}\n  priority: NOTICE\n"
        f"  condition: evt.type in (open, openat, openat2) and evt.is_open_read = true and fd.typechar = f"
        f" and (fd.name startswith /srv/app{n}/ or fd.name in (/etc/app{n}/key, /etc/app{n}/cert))"
        f" and not proc.name in (app{n}, backup{n})\n"
        f"  output: '%proc.cmdline read %fd.name'\n"
        for n in range(count)
    )


def evaluator_of(text: str) -> Evaluator:
    """Return an evaluator with compiled rules and a process table that contains the process of the records."""
    program = compiler.compile(load_text(text)).program
    assert program is not None
    made = Evaluator(RuleProgram(program), ProcessTable())
    made.feed(execve("cat", "file"))
    return made


def packaged_evaluator() -> Evaluator:
    """The same with the packaged rules."""
    program = compiler.compile(load_files([PACKAGED])).program
    assert program is not None
    made = Evaluator(RuleProgram(program), ProcessTable())
    made.feed(execve("cat", "file"))
    return made
