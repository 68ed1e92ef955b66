# SPDX-License-Identifier: Apache-2.0
"""Processes from start to end: sessions and terminals, vfork, execs by threads, exits in their order."""

from __future__ import annotations

import os
import pty
import signal
from pathlib import Path

import pytest
from support.calls import OWN_PID, call, child, hold, thread
from support.proc import Process
from support.process import joined
from support.recorder import Live


def types(events: list) -> list[tuple[str, int]]:
    """Event names with the results that say which side they are from."""
    return [(event.type, event.params.get("res", event.params.get("ret"))) for event in events]


def test_arguments_and_environment(live: Live) -> None:
    arguments = ["name", "", "two words", b"\xff\xfe", "line\nfeed", "nr:39"]
    environment = ["EMPTY=", "=odd", "A=1", "A=2", "no equals sign", b"BYTES=\x01\xff"]
    run = live.run(call("execve", live.program, arguments_of(arguments), arguments_of(environment)))
    (event,) = run.events("execve")
    assert event.params["exe"] == "name"
    assert event.params["args"] == joined(arguments[1:])
    assert event.params["env"] == joined(environment)


def arguments_of(words: list[str | bytes]) -> list:
    """Words that may hold any byte, as C strings."""
    return [word + b"\0" if isinstance(word, bytes) else word for word in words]


def test_no_arguments_at_all(live: Live) -> None:
    """Linux 5.18 and later put an empty argv[0] there."""
    run = live.run(call("execve", "/bin/true", [], []))
    (event,) = run.events("execve")
    assert (event.params["exe"], event.params["args"], event.params["env"]) == ("", None, None)


def test_current_directory(live: Live, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    run = live.run(call("chdir", "link"), call("kill", OWN_PID, 0), cwd=tmp_path)
    assert run.started.fields["proc.cwd"] == f"{tmp_path}/"
    (event,) = run.events("kill")
    assert event.fields["proc.cwd"] == f"{tmp_path}/"


def test_session_and_terminal(live: Live) -> None:
    """A terminal that becomes the controlling one when a session leader opens it."""
    master, slave = pty.openpty()
    name = os.ttyname(slave)
    starts = call("execve", live.program, ["on a terminal", ":hold"], [])
    with live.start(call("setsid"), call("open", name, os.O_RDWR, 0), starts) as run:
        run.until(run.steps[0], reports=2)  # the other is of the first step of the second program
        task = Process(run.pid)
    os.close(master)
    os.close(slave)
    (event,) = run.events("execve")
    assert task.tty != 0
    assert (event.params["tty"], event.params["pgid"], event.params["vpgid"]) == (task.tty, run.pid, run.pid)
    assert event.fields["proc.sid"] == task.sid == run.pid
    assert run.started.params["tty"] == Process(os.getpid()).tty


def test_vfork_and_exec(live: Live) -> None:
    steps = child("vfork", call("execve", "/bin/true", ["true"], []))
    run = live.run(steps)
    pid = steps[0].ret
    made = [event for event in run.own if event.tid == pid]
    assert [event.type for event in made if event.type in ("vfork", "execve", "procexit")] == [
        "vfork",
        "execve",
        "procexit",
    ]
    assert made[0].comm == "calls"
    assert made[-1].comm == "true"


def test_exec_by_a_thread_that_is_not_the_leader(live: Live) -> None:
    """The thread takes the leader's place, and its id."""
    starts = call("execve", live.program, ["again", "nr:39"], [])
    run = live.run(thread(starts))
    (event,) = run.events("execve")
    assert (event.tid, event.pid) == (run.pid, run.pid)
    assert (event.params["tid"], event.params["pid"]) == (run.pid, run.pid)
    assert event.params["exe"] == "again"
    assert event.start_ns == run.started.start_ns
    last = run.own[-1]
    assert (last.type, last.tid, last.params["status"]) == ("procexit", run.pid, 0)


def test_order_of_a_family(live: Live) -> None:
    inner = child("fork", call("exit_group", 4))
    outer = child("fork", inner, call("exit_group", 5))
    run = live.run(outer, call("exit_group", 6))
    a, b = outer[0].ret, inner[0].ret
    exits = [(event.tid, event.params["ret"]) for event in run.events("procexit")]
    assert exits == [(b, 4), (a, 5), (run.pid, 6)]
    assert inner[-1].status == 4 << 8
    assert outer[-1].status == 5 << 8


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGKILL, signal.SIGUSR1])
def test_end_by_a_signal(live: Live, number: signal.Signals) -> None:
    with live.start(pause := hold()) as run:
        run.until(pause)
        os.kill(run.pid, number)
    assert run.finish() == -number
    last = run.own[-1]
    assert (last.type, last.tid, last.params["sig"], last.params["status"]) == ("procexit", run.pid, number, number)


def test_end_of_a_thread(live: Live) -> None:
    run = live.run(thread(made := call("getpid")))
    ends = [(event.pid, event.tid, event.params["ret"], event.extra["last"]) for event in run.events("procexit")]
    assert ends == [(run.pid, made.tid, 0, False), (run.pid, run.pid, 0, True)]


def test_threads_end_with_their_process(live: Live) -> None:
    run = live.run(thread(call("exit_group", 7)))
    ends = run.events("procexit")
    assert {event.pid for event in ends} == {run.pid}
    assert [event.params["ret"] for event in ends] == [7, 7]
    assert [event.extra["last"] for event in ends] == [False, True]
