# SPDX-License-Identifier: Apache-2.0
"""``tiercel run`` and ``record`` that are suspended: by Ctrl-Z in a shell, and by the freezer of control groups.

What happens meanwhile is reported as far as the rings hold it, and the rest is counted.
"""

from __future__ import annotations

import contextlib
import os
import pty
import re
import select
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.cli import SHADOW_RULE, command, start, tiercel, without_summary
from support.groups import enter, group

pytestmark = pytest.mark.kernel

PATIENCE = 60  # seconds
LONGER_THAN_A_SLICE = 0.8  # seconds: time-outs of the sensor's threads expire during the suspension
MEANWHILE = 20  # events during a suspension
SUSPENSIONS = 10
FLOOD = 40_000  # more than rings of 1 MiB hold
ALERT = "opened /etc/shadow"
PROGRAM = """
import sys
acts, acks = open(sys.argv[1]), open(sys.argv[2], "w")
for line in acts:
    for _ in range(int(line)):
        open("/etc/shadow").close()
    print(file=acks, flush=True)
"""


class Opener:
    """A program that opens a file a given number of times; a session of its own protects it from Ctrl-Z."""

    def __init__(self, folder: Path) -> None:
        self._paths = [folder / "acts", folder / "acks"]
        for path in self._paths:
            os.mkfifo(path)
        self.argv = ["setsid", sys.executable, "-I", "-S", "-c", PROGRAM, *map(str, self._paths)]
        # Both ends, so that nothing waits for the other side to open.
        self._acts, self._acks = (
            os.fdopen(os.open(path, os.O_RDWR), mode) for path, mode in zip(self._paths, "wr", strict=True)
        )

    def opens(self, times: int) -> None:
        print(times, file=self._acts, flush=True)
        assert select.select([self._acks], [], [], PATIENCE)[0]
        assert self._acks.readline() == "\n"

    def descends(self) -> str:
        """Let a family live and die; return its process ids, the youngest first."""
        print(file=self._acts, flush=True)
        pids = self._acks.readline().strip()
        assert self._acks.readline() == "done\n"
        return pids

    def end(self) -> None:
        self._acts.close()
        self._acks.close()


@pytest.fixture
def opener(tmp_path: Path) -> Iterator[Opener]:
    made = Opener(tmp_path)
    yield made
    made.end()


@pytest.fixture
def running(opener: Opener) -> Iterator[str]:
    """The process id of an opener that runs already."""
    with subprocess.Popen(opener.argv) as process:
        opener.opens(0)
        yield str(process.pid)
        opener.end()


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("rules") / "r.yaml"
    path.write_text(SHADOW_RULE)
    return path


# --- Ctrl-Z and fg ----------------------------------------------------------------------------------------------------


class Shell:
    """An interactive shell at a terminal."""

    def __init__(self) -> None:
        self.pid, self._master = pty.fork()
        if self.pid == 0:
            os.execvpe("bash", ["bash", "--norc", "--noprofile", "-i"], {**os.environ, "PS1": "$ ", "TERM": "dumb"})
        self._text = ""

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def until(self, pattern: str) -> re.Match[str]:
        """Read until something is shown; what precedes it is passed over."""
        deadline = time.monotonic() + PATIENCE
        while (found := re.search(pattern, self._text)) is None:
            assert time.monotonic() < deadline, self._text
            if select.select([self._master], [], [], 0.1)[0]:
                self._text += os.read(self._master, 1 << 16).decode(errors="replace")
        self._text = self._text[found.end() :]
        return found

    def until_busy(self) -> None:
        """Wait until a job has the terminal: keys are its own from then on."""
        deadline = time.monotonic() + PATIENCE
        while os.tcgetpgrp(self._master) == self.pid:
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def close(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.close(self._master)
        os.waitpid(self.pid, 0)


@pytest.fixture
def shell() -> Iterator[Shell]:
    made = Shell()
    yield made
    made.close()


def suspended_by_key(shell: Shell, opener: Opener, argv: list[str], word: str = "watching") -> None:
    """Start a command, press Ctrl-Z, let events happen, and bring it back to the foreground."""
    shell.type(f"{shlex.join(argv)}; echo status=$?.\n")
    shell.until(f"tiercel: {word} ")
    opener.opens(0)  # a COMMAND has its own session now
    shell.type("\x1a")
    shell.until("Stopped")
    shell.until(r"status=\d+\.")
    opener.opens(MEANWHILE)
    time.sleep(LONGER_THAN_A_SLICE)
    shell.type("fg; echo status=$?.\n")
    shell.until_busy()


@pytest.mark.parametrize("form", ["--pid", "COMMAND"])
def test_a_run_goes_on_in_the_foreground(
    shell: Shell, opener: Opener, rules: Path, request: pytest.FixtureRequest, form: str
) -> None:
    what = ["--pid", request.getfixturevalue("running")] if form == "--pid" else ["--", *opener.argv]
    suspended_by_key(shell, opener, command("run", "-r", rules, *what))
    for _ in range(MEANWHILE):
        shell.until(ALERT)
    opener.opens(1)
    shell.until(ALERT)
    if form == "--pid":
        shell.type("\x03")
    else:
        opener.end()
    assert shell.until(r"status=(\d+)\.")[1] == ("130" if form == "--pid" else "0")


def test_a_recording_goes_on_in_the_foreground(
    shell: Shell, opener: Opener, running: str, rules: Path, tmp_path: Path
) -> None:
    capture = tmp_path / "out.scap"
    suspended_by_key(shell, opener, command("record", capture, "--pid", running), "recording")
    opener.opens(1)
    shell.type("\x03")
    assert shell.until(r"status=(\d+)\.")[1] == "130"
    assert tiercel("replay", capture, "-r", rules).out.count(ALERT) == MEANWHILE + 1


# --- The freezer ------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def frozen(made: Path) -> Iterator[None]:
    """Freeze a group of cgroup v2 as ``docker pause`` does."""
    freeze(made, 1)
    try:
        yield
        time.sleep(LONGER_THAN_A_SLICE)
    finally:
        freeze(made, 0)


def freeze(made: Path, value: int) -> None:
    (made / "cgroup.freeze").write_text(str(value))
    deadline = time.monotonic() + PATIENCE
    while f"frozen {value}" not in (made / "cgroup.events").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def freezer() -> Iterator[Path]:
    with group(name=f"tiercel-freezer-{os.getpid()}") as made:
        yield made


@contextlib.contextmanager
def started(freezer: Path, *args: str | os.PathLike[str], word: str = "watching") -> Iterator[subprocess.Popen[str]]:
    with start(*args) as process:
        try:
            assert process.stderr is not None
            assert process.stderr.readline().startswith(f"tiercel: {word} ")
            enter(freezer, process.pid)
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("form", ["--pid", "COMMAND"])
def test_a_run_goes_on_after_the_freezer(
    freezer: Path, opener: Opener, rules: Path, request: pytest.FixtureRequest, form: str
) -> None:
    what = ["--pid", request.getfixturevalue("running")] if form == "--pid" else ["--", *opener.argv]
    with started(freezer, "run", "-r", rules, *what) as process:
        opener.opens(0)  # a COMMAND runs now
        for _ in range(2):
            with frozen(freezer):
                opener.opens(MEANWHILE)
        opener.opens(1)
        opener.end()
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, without_summary(err)[0], out.count(ALERT)) == (0, "", 2 * MEANWHILE + 1)


def test_a_recording_goes_on_after_the_freezer(
    freezer: Path, opener: Opener, running: str, rules: Path, tmp_path: Path
) -> None:
    capture = tmp_path / "out.scap"
    with started(freezer, "record", capture, "--pid", running, word="recording") as process:
        with frozen(freezer):
            opener.opens(MEANWHILE)
        opener.opens(1)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert tiercel("replay", capture, "-r", rules).out.count(ALERT) == MEANWHILE + 1


def test_what_the_rings_did_not_hold_is_counted(freezer: Path, opener: Opener, running: str, rules: Path) -> None:
    small = ("-o", "engine.modern_ebpf.buf_size_preset=1")
    with started(freezer, "run", "-r", rules, *small, "--pid", running) as process:
        with frozen(freezer):
            opener.opens(FLOOD)
        opener.opens(1)
        opener.end()
        out, err = process.communicate(timeout=PATIENCE)
    lost = re.search(r"lost: (\d+) events \(in the kernel: ", err)
    assert lost is not None, err
    assert process.returncode == 0
    assert out.count(ALERT) + int(lost[1]) == FLOOD + 1
    assert re.search(r"\d events (lost in the kernel|of it dropped) \(", err)


# --- The process table ------------------------------------------------------------------------------------------------

FAMILY_RULE = """
- rule: Shadow opened
  desc: d
  condition: evt.type in (open, openat, openat2) and fd.name = /etc/shadow
  output: "%proc.pid %proc.ppid %proc.apid[2] %proc.apid[3] %proc.name"
  priority: WARNING
"""
# Each line of input: a child, a grandchild, and a shell below it that opens the file; the pids are the answer.
FAMILY = """
import os, sys
acts, acks = open(sys.argv[1]), open(sys.argv[2], "w")
def descend(depth, pids):
    if depth == 0:
        print(*reversed(pids), file=acks, flush=True)
        os.execv("/bin/sh", ["sh", "-c", "read line < /etc/shadow"])
    pid = os.fork()
    if pid == 0:
        descend(depth - 1, [*pids, os.getpid()])
    os.waitpid(pid, 0)
    if len(pids) > 1:
        os._exit(0)
for line in acts:
    descend(3, [os.getpid()])
    print("done", file=acks, flush=True)
"""


def test_the_process_tree_is_right_after_many_suspensions(freezer: Path, tmp_path: Path) -> None:
    """Families live and die during each suspension, by signal and by the freezer, and after it."""
    rules = tmp_path / "family.yaml"
    rules.write_text(FAMILY_RULE)
    opener = Opener(tmp_path)
    opener.argv[5] = FAMILY
    expected = []
    with (
        subprocess.Popen(opener.argv) as family,
        started(freezer, "run", "-r", rules, "--pid", str(family.pid)) as process,
    ):
        for number in range(SUSPENSIONS):
            if number % 2:
                with frozen(freezer):
                    expected.append(opener.descends())
            else:
                process.send_signal(signal.SIGSTOP)
                expected.append(opener.descends())
                time.sleep(number / SUSPENSIONS)
                process.send_signal(signal.SIGCONT)
            expected.append(opener.descends())
        opener.end()
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, without_summary(err)[0]) == (0, "")
    assert [line.rpartition("Warning ")[2] for line in out.splitlines()] == [f"{pids} sh" for pids in expected]
