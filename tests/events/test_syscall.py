# SPDX-License-Identifier: Apache-2.0
"""syscall.  Every system call without an event of its own: the name of the call is the type of the event."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.calls import call, call32, numbers
from support.recorder import Live

import tiercel
from tiercel.schema.syscall_codes import SYSCALLS
from tiercel.schema.syscalls import generic_rows

RULE = """
- rule: generic
  desc: system calls by name
  condition: {condition}
  output: "%evt.type %evt.args"
  priority: INFO
"""


@contextmanager
def recording(program: Path, condition: str) -> Iterator[Live]:
    rules = tiercel.Ruleset.loads(RULE.format(condition=condition) + started())
    with tiercel.Sensor(rules, scope=tiercel.Scope.tree(os.getpid())) as sensor:
        yield Live(sensor, program)
        stats = sensor.stats()
        assert stats.lossless, stats


def started() -> str:
    """Runs are found by the start of the program; the rule takes its mark, too."""
    condition = "evt.type in (execve, dup2)"
    return RULE.format(condition=condition).replace("rule: generic", "rule: start")


CODES = {row.name: row.code for row in SYSCALLS}


def of(run: Iterable[object]) -> list[str]:
    return [event.type for event in run if event.type not in ("execve", "dup2")]  # type: ignore[attr-defined]


def test_named_calls(program: Path) -> None:
    with recording(program, "evt.type in (fsync, getpriority)") as live:
        run = live.run(call("fsync", -1), call("getpriority", 0, 0), call("sync"), call("gettid"))
    first, second = run.events("fsync") + run.events("getpriority")
    assert first.params == {"ID": CODES["fsync"], "nativeID": 74}
    assert second.params == {"ID": CODES["getpriority"], "nativeID": 140}
    assert (first.syscall, first.ia32) == (74, False)
    assert of(run.own) == ["fsync", "getpriority"]


def test_calls_of_32_bits(program: Path) -> None:
    """They have the names that they have in the 64-bit table, and its numbers."""
    with recording(program, "evt.type in (fsync, truncate, waitpid)") as live:
        run = live.run(call32(118, -1), call32(193, "/missing", 0, 0), call32(7, -1, None, 0), call32(116, None))
    assert [(event.type, event.params["nativeID"], event.syscall) for event in run.own[1:]] == [
        ("fsync", 74, 118),
        ("truncate", 76, 193),
        ("waitpid", 7, 7),
    ]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("evt.type = uname", ["uname"]),
        ("syscall.type = uname", ["uname"]),
        ("evt.type startswith una", ["uname"]),
        ("evt.type in (uname, kill)", ["uname", "kill"]),
        ("evt.type in (uname, kill) and not evt.type = uname", ["kill"]),
        ("evt.type = sysinfo or (evt.type = uname and evt.arg.nativeID = 63)", ["uname", "sysinfo"]),
        ("evt.arg.ID = sysinfo", ["sysinfo"]),
        ("evt.category = other and evt.type != getpid and evt.rawarg.nativeID in (63, 99)", ["uname", "sysinfo"]),
    ],
)
def test_conditions(program: Path, condition: str, expected: list[str]) -> None:
    with recording(program, condition) as live:
        run = live.run(call("uname", None), call("kill", -1 << 30, 0), call("sysinfo", None))
    assert of(run.own[1:]) == expected


def test_only_named_calls_are_reported(program: Path) -> None:
    rules = tiercel.Ruleset.loads(RULE.format(condition="evt.type = uname and proc.name = nobody"))
    counts = []
    with tiercel.Sensor(rules, scope=tiercel.Scope.tree(os.getpid())) as sensor:
        live = Live(sensor, program)
        for steps in ([], [call("sysinfo", None)] * 3, [call("uname", None)]):
            before = sensor.stats().events
            assert live.run(*steps).everything == []
            counts.append(sensor.stats().events - before)
    assert counts == [counts[0], counts[0], counts[0] + 1]


def test_a_rule_without_types_gets_them_all(program: Path) -> None:
    with recording(program, "proc.name = calls and thread.tid > 0") as live:
        run = live.run(call("uname", None), call("sysinfo", None), call("kill", -1 << 30, 0))
    assert {"uname", "sysinfo", "kill", "getpid", "gettid"} <= {event.type for event in run.own}


def test_arguments_are_not_printed(program: Path) -> None:
    with recording(program, "evt.type = uname") as live:
        run = live.run(made := call("uname", None))
    (event,) = run.events("uname")
    assert made.ret == -errno.EFAULT
    assert event.fields["evt.args"] == ""
    assert event.fields["evt.type"] == "uname"


def test_numbers() -> None:
    """As the compiler's headers have them, as far as these are as new as the table."""
    known = {number: name for name, number in numbers().items()}
    for row in SYSCALLS:
        assert row.x86_64 is None or known.get(row.x86_64, row.name) == row.name


# They end the process or the thread, wait, or do something to the machine.
LEFT_OUT = {"exit", "exit_group", "pause", "restart_syscall", "rt_sigreturn", "sync", "uprobe", "uretprobe", "vhangup"}


def test_every_name(program: Path) -> None:
    """All of them in one run, with arguments that none of them takes."""
    calls = {row.name: row.x86_64 for row in generic_rows() if row.x86_64 is not None and row.name not in LEFT_OUT}
    names = ", ".join(calls)
    with recording(program, f"evt.type in ({names})") as live:
        run = live.run(*(call(f"nr:{number}", *(-1,) * 6) for number in calls.values()))
    seen = {event.type: event.params for event in run.own}
    assert {name: seen.get(name) for name in calls} == {
        name: {"ID": CODES[name], "nativeID": number} for name, number in calls.items()
    }
