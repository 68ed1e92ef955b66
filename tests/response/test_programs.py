# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.waiting import eventually

from tiercel.response.programs import Program, Programs

Reports = list[tuple[str, str]]


@pytest.fixture(name="programs")
def _programs() -> Iterator[Programs]:
    programs = Programs(100)
    programs.start()
    yield programs
    programs.close(20)


def run(programs: Programs, *argv: str, text: bytes = b"", timeout: float = 20, **variables: str) -> Reports:
    """Run a program to its end."""
    found: Reports = []
    report = lambda outcome, detail: found.append((outcome, detail))  # noqa: E731
    assert programs.submit(Program(argv, {**os.environ, **variables}, text, timeout, report))
    eventually(lambda: found)
    return found


def test_input_environment_session_and_descriptors(programs: Programs, tmp_path: Path) -> None:
    out = tmp_path / "out"
    text = b"x" * 300_000 + b"\n"  # more than a pipe holds
    script = 'cat >"$OUT"; echo "$MARK" >>"$OUT"; cut -d" " -f1,6 "/proc/$$/stat" >>"$OUT"'
    assert run(programs, "sh", "-c", script, text=text, OUT=str(out), MARK="hello") == [("ran", "")]
    content = out.read_bytes()
    assert content.startswith(text)
    lines = content[len(text) :].decode().split("\n")
    assert lines[0] == "hello"
    pid, sid = lines[1].split()
    assert sid == pid
    code = "import os; names = sorted(os.listdir('/proc/self/fd')); open(os.environ['OUT'], 'w').write(str(names))"
    with open(os.devnull) as inherited:
        os.set_inheritable(inherited.fileno(), True)
        assert run(programs, sys.executable, "-I", "-S", "-c", code, OUT=str(out)) == [("ran", "")]
    assert out.read_text() == "['0', '1', '2', '3']"  # the last one is the folder's


def test_failures(programs: Programs) -> None:
    assert run(programs, "sh", "-c", "echo first >&2; echo why$(printf '\\033') >&2; exit 3") == [
        ("failed", "exit status 3: why\\x1b")
    ]
    assert run(programs, "sh", "-c", "kill -9 $$") == [("failed", "killed by signal 9")]
    assert run(programs, "/no/such/program") == [("failed", "/no/such/program: No such file or directory")]
    assert run(programs, "/etc/passwd") == [("denied", "/etc/passwd: Permission denied")]


def test_a_timeout_kills_the_whole_group(programs: Programs, tmp_path: Path) -> None:
    out = tmp_path / "pid"
    assert run(programs, "sh", "-c", 'sleep 1000 & echo $! >"$OUT"; wait', timeout=0.5, OUT=str(out)) == [
        ("failed", "killed after 0.5 s")
    ]
    child = int(out.read_text())
    eventually(lambda: not Path(f"/proc/{child}").exists() or " Z " in Path(f"/proc/{child}/stat").read_text())


def test_much_or_closed_standard_error_costs_nothing(programs: Programs) -> None:
    (one,) = run(programs, "sh", "-c", "head -c 1000000 /dev/zero >&2; exit 1")
    assert one[0] == "failed"
    before = time.process_time()
    assert run(programs, "sh", "-c", "exec 2>&-; sleep 0.5") == [("ran", "")]
    assert time.process_time() - before < 0.4  # no busy loop


def test_a_full_queue_refuses() -> None:
    programs = Programs(1)  # not started
    nothing = Program(("true",), {}, b"", 1, lambda *_: None)
    assert programs.submit(nothing)
    assert not programs.submit(nothing)
    programs.start()
    programs.close(20)
    assert not programs.submit(nothing)


def test_the_end_kills_what_runs_and_reports_what_waits() -> None:
    programs, found = Programs(100), Reports()
    programs.start()
    for _ in range(10):  # more than run at once
        programs.submit(Program(("sleep", "1000"), os.environ, b"", 500, lambda *one: found.append(one)))
    began = time.monotonic()
    programs.close(0.2)
    assert time.monotonic() - began < 10
    assert sorted(outcome for outcome, _ in found) == ["failed"] * 8 + ["overflow"] * 2


def test_own_programs_are_recognised(programs: Programs, tmp_path: Path) -> None:
    out, found = tmp_path / "pids", Reports()
    script = 'sleep 1000 & echo $$ $! >"$OUT"; wait'
    program = Program(("sh", "-c", script), {**os.environ, "OUT": str(out)}, b"", 1, lambda *one: found.append(one))
    programs.submit(program)
    eventually(lambda: out.exists() and out.read_text().count(" "))
    first, child = map(int, out.read_text().split())
    assert programs.is_own(first)
    assert programs.is_own(child)
    assert programs.is_child(first)
    assert not programs.is_own(os.getpid())
    eventually(lambda: found)
    assert not programs.is_own(first)  # the number may be another process's now


def test_a_flood_of_standard_error_does_not_delay_the_timeout(programs: Programs) -> None:
    """Also one from a process that outlives the program."""
    flood = "import os\nwhile True: os.write(2, b'x' * 65536)"
    (one,) = run(programs, sys.executable, "-I", "-S", "-c", flood, timeout=0.5)
    assert one == ("failed", "killed after 0.5 s")
    child = (
        f"import os, subprocess, sys\nsubprocess.Popen(['timeout', '5', sys.executable, '-c', {flood!r}])\nos._exit(3)"
    )
    (one,) = run(programs, sys.executable, "-c", child)
    assert one[1].startswith("exit status 3")
    assert run(programs, "true") == [("ran", "")]


def test_a_lack_of_descriptors_leaves_no_program(programs: Programs, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> int:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    before = children()
    monkeypatch.setattr(os, "pidfd_open", full)
    assert run(programs, "sleep", "1000") == [("failed", "sleep: Too many open files")]
    assert children() == before, "nothing would end it"


def children() -> set[str]:
    return {pid for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()}
