# SPDX-License-Identifier: Apache-2.0
"""Signals to ``tiercel run`` and ``tiercel record``: suspension, log rotation, a terminal that goes away."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.cli import SHADOW_RULE, Done, command, finish, first_line, start, tiercel

from tiercel.cli.interrupts import Interrupts
from tiercel.engine.held_command import HeldCommand

LONGER_THAN_A_SLICE = 0.8  # seconds; sigtimedwait of CPython returned garbage after such a suspension
OTHERS = [signal.SIGUSR2, signal.SIGALRM, signal.SIGVTALRM, signal.SIGPROF, signal.SIGIO, signal.SIGPWR, 16, 34, 64]
PATIENCE = 60  # seconds


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("rules") / "r.yaml"
    path.write_text(SHADOW_RULE)
    return path


@pytest.fixture
def opener() -> Iterator[subprocess.Popen[str]]:
    """A process that opens a file for each line that it reads."""
    program = "import sys\nfor line in sys.stdin:\n  open(line.strip()).close(); print(flush=True)"
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", program], stdin=pipe, stdout=pipe, text=True, bufsize=1) as process:
        yield process
        process.communicate()


def opens(process: subprocess.Popen[str], path: str = "/etc/shadow") -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{path}\n")
    process.stdout.readline()


def started(*args: str | os.PathLike[str], word: str = "watching", **options: object) -> subprocess.Popen[str]:
    process = start(*args, **options)
    assert first_line(process).startswith(f"tiercel: {word} ")
    return process


def ended(process: subprocess.Popen[str], text: str | None = None) -> Done:
    return finish(process, text, PATIENCE)


def line_of(stream: object) -> str:
    return stream.readline()  # type: ignore[attr-defined, no-any-return]


def state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def suspend(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGSTOP)
    deadline = time.monotonic() + PATIENCE
    while state(process.pid) != "T":
        assert time.monotonic() < deadline
        time.sleep(0.01)
    time.sleep(LONGER_THAN_A_SLICE)
    process.send_signal(signal.SIGCONT)


# --- Suspension -------------------------------------------------------------------------------------------------------


@pytest.mark.kernel
def test_a_suspended_run_goes_on(rules: Path, opener: subprocess.Popen[str]) -> None:
    process = started("run", "-r", rules, "--pid", str(opener.pid))
    for _ in range(2):
        suspend(process)
        opens(opener)
        assert "opened /etc/shadow" in line_of(process.stdout)
    process.send_signal(signal.SIGTERM)
    done = ended(process)
    assert done == Done(0, "", "")
    assert done.summary == "tiercel: 2 alerts (Shadow opened 2); 2 events seen, 0 filtered in the kernel, 0 lost\n"


@pytest.mark.kernel
def test_a_suspended_run_of_a_command_goes_on(rules: Path) -> None:
    process = started(
        *("run", "-r", rules, "--", "sh", "-c", "read line; read other < /etc/shadow; exit 4"), stdin=subprocess.PIPE
    )
    for _ in range(3):  # of three, at least one met garbage that is no signal
        suspend(process)
    done = ended(process, "go\n")
    assert (done.status, done.err) == (4, "")
    assert "opened /etc/shadow" in done.out


@pytest.mark.kernel
def test_a_suspended_recording_goes_on(rules: Path, opener: subprocess.Popen[str], tmp_path: Path) -> None:
    capture = tmp_path / "out.scap"
    process = started("record", capture, "--pid", str(opener.pid), word="recording")
    suspend(process)
    opens(opener)
    process.send_signal(signal.SIGINT)
    assert ended(process).status == 130
    assert "opened /etc/shadow" in tiercel("replay", capture, "-r", rules).out


# --- Signals that mean something else ---------------------------------------------------------------------------------


@pytest.mark.kernel
def test_a_directed_hangup_reloads(rules: Path, opener: subprocess.Popen[str]) -> None:
    """The terminal has not gone."""
    process = started("run", "-r", rules, "--pid", str(opener.pid))
    process.send_signal(signal.SIGHUP)
    assert line_of(process.stderr) == "tiercel: reloaded (1 rule; nothing changed)\n"
    opens(opener)
    process.send_signal(signal.SIGTERM)
    done = ended(process)
    assert (done.status, done.err) == (0, "")
    assert "opened /etc/shadow" in done.out


@pytest.mark.kernel
def test_a_recording_has_nothing_to_reload(opener: subprocess.Popen[str], tmp_path: Path) -> None:
    process = started("record", tmp_path / "out.scap", "--pid", str(opener.pid), word="recording")
    process.send_signal(signal.SIGHUP)
    assert line_of(process.stderr).startswith("tiercel: SIGHUP is refused")
    process.send_signal(signal.SIGTERM)
    assert ended(process).status == 0


@pytest.mark.kernel
def test_log_rotation(rules: Path, opener: subprocess.Popen[str], tmp_path: Path) -> None:
    """USR1 opens both files again; an alert before it is in the old file, one after it in the new one."""
    files = [tmp_path / "given", tmp_path / "configured"]
    settings = ["enabled=true", "keep_alive=true", f"filename={files[1]}"]
    options = ["--alerts", files[0], *(word for each in settings for word in ("-o", f"file_output.{each}"))]
    process = started("run", "-r", rules, "--pid", str(opener.pid), *options)
    opens(opener)
    for path in files:
        wait_for(lambda path=path: "opened" in path.read_text())
        path.rename(f"{path}.1")
    process.send_signal(signal.SIGUSR1)
    for path in files:
        wait_for(path.exists)
    opens(opener)
    process.send_signal(signal.SIGTERM)
    assert ended(process).status == 0
    for path in files:
        assert [Path(f"{path}{end}").read_text().count("\n") for end in ("", ".1")] == [1, 1]


@pytest.mark.kernel
def test_a_rotation_that_fails_keeps_the_old_file(rules: Path, opener: subprocess.Popen[str], tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    process = started("run", "-r", rules, "--pid", str(opener.pid), "--alerts", folder / "alerts")
    folder.rename(tmp_path / "moved")
    process.send_signal(signal.SIGUSR1)
    assert "error[E801]" in line_of(process.stderr)
    opens(opener)
    process.send_signal(signal.SIGTERM)
    assert ended(process).status == 0
    assert "opened /etc/shadow" in (tmp_path / "moved/alerts").read_text()


@pytest.mark.kernel
def test_other_signals_do_not_kill(rules: Path, opener: subprocess.Popen[str]) -> None:
    process = started("run", "-r", rules, "--pid", str(opener.pid))
    for signum in (*OTHERS, *OTHERS):
        process.send_signal(signum)
        if signum == 64:
            opens(opener)
            assert "opened /etc/shadow" in line_of(process.stdout)
    process.send_signal(signal.SIGTERM)
    done = ended(process)
    assert done.status == 0
    assert sorted(line.split()[2] for line in done.err.splitlines()) == sorted(str(int(number)) for number in OTHERS)


@pytest.mark.kernel
def test_signals_while_rules_are_read_do_not_kill() -> None:
    """The command, too, starts without the signals that are blocked meanwhile, and is not sent them."""
    script = "sleep 0.5; exec grep SigBlk /proc/self/status"  # long enough for a signal to reach it
    process = start("run", "-r", "-", "--", "sh", "-c", script, stdin=subprocess.PIPE)
    wait_for(lambda: blocked(process.pid) >> (signal.SIGALRM - 1) & 1)
    process.send_signal(signal.SIGUSR1)
    process.send_signal(signal.SIGALRM)
    done = ended(process, SHADOW_RULE)
    assert (done.status, done.out) == (0, "SigBlk:\t0000000000000000\n")


def blocked(pid: int) -> int:
    """Return the signal mask of a process."""
    return int(Path(f"/proc/{pid}/status").read_text().partition("SigBlk:")[2].split()[0], 16)


@pytest.mark.kernel
@pytest.mark.parametrize("signum", ["HUP", "USR1", "USR2", "ALRM"])
def test_directed_signals_are_passed_on_to_the_command(rules: Path, signum: str) -> None:
    script = f"trap 'kill $!; exit 9' {signum}; sleep 60 & echo ready; wait"
    process = started("run", "-r", rules, "--", "sh", "-c", script)
    assert line_of(process.stdout) == "ready\n"
    process.send_signal(getattr(signal, f"SIG{signum}"))
    assert ended(process).status == 9


@pytest.mark.kernel
def test_a_terminal_that_goes_away_ends_it_in_good_order(rules: Path, tmp_path: Path) -> None:
    errors = tmp_path / "err"
    pid, master = pty.fork()
    if pid == 0:
        argv = command("run", "-r", rules, "--pid", str(os.getpid()))
        os.dup2(os.open(errors, os.O_WRONLY | os.O_CREAT), 2)
        os.execv(argv[0], argv)
    wait_for(lambda: errors.exists() and "watching" in errors.read_text())
    os.close(master)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def wait_for(condition: object) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.01)


# --- The receiver itself ----------------------------------------------------------------------------------------------


# In a process of their own: a signal to this one could reach a thread of another test, which does not block it.
DIRECTED = """
import os, signal
from tiercel.cli.interrupts import Interrupts
with Interrupts() as interrupts:
    for signum in (signal.SIGUSR1, signal.SIGTERM, signal.SIGHUP):
        os.kill(os.getpid(), signum)
    found = []
    while len(found) < 3:
        found += interrupts.take()
print(sorted((int(each.signum), each.directed, each.ends) for each in found))
"""
LAST = """
import os, signal, threading
from tiercel.cli.interrupts import Interrupts
with Interrupts() as interrupts:
    thread = interrupts._thread
    interrupts._closing.set()
    signal.pthread_kill(thread.ident, signal.SIGINT)
    thread.join()
    interrupts._thread = threading.Thread()
    interrupts._thread.start()
    os.kill(os.getpid(), signal.SIGUSR2)  # blocked, and no thread receives it any more
"""
EARLY = """
import os, signal
from tiercel.cli.interrupts import Interrupts, early_signals_blocked
with early_signals_blocked() as mask:
    os.kill(os.getpid(), signal.SIGUSR1)
    with Interrupts() as interrupts:
        while not (found := interrupts.take()):
            pass
    os.kill(os.getpid(), signal.SIGALRM)  # comes last
print(sorted(mask), [int(each.signum) for each in found], sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])))
"""


@pytest.mark.parametrize(
    ("program", "output"),
    [
        (DIRECTED, "[(1, True, False), (10, True, False), (15, True, True)]\n"),
        (LAST, ""),
        (EARLY, "[] [10] []\n"),
    ],
    ids=["directed", "last", "early"],
)
def test_receiver(program: str, output: str) -> None:
    """Classes of signals: directed, and requests to end; a late or early signal does not kill."""
    argv = [sys.executable, "-c", program]
    done = subprocess.run(argv, check=False, capture_output=True, text=True, timeout=PATIENCE)
    assert (done.returncode, done.stdout, done.stderr) == (0, output, "")


def test_a_flood_of_signals_is_bounded() -> None:
    with Interrupts() as interrupts:
        for _ in range(2000):
            interrupts._receive(signal.SIGUSR1, directed=True)
        assert len(interrupts.take()) == 256


def test_handlers_of_a_program_stay() -> None:
    hits: list[int] = []
    before = signal.signal(signal.SIGUSR1, lambda number, frame: hits.append(number))
    try:
        with Interrupts() as interrupts:
            os.kill(os.getpid(), signal.SIGUSR1)
            assert interrupts.take() == []
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert hits == [signal.SIGUSR1]


def test_a_command_of_another_user_cannot_be_signalled(monkeypatch: pytest.MonkeyPatch) -> None:
    """``tiercel run -- sudo …``: the watch goes on all the same."""

    def refuse(*args: object) -> None:
        raise PermissionError

    with HeldCommand(["sleep", "60"]) as held:
        monkeypatch.setattr(signal, "pidfd_send_signal", refuse)
        held.send_signal(signal.SIGTERM)
        monkeypatch.undo()
