# SPDX-License-Identifier: Apache-2.0
"""``proc.*`` of other processes: parent, ancestors, and who leads the session and the process group."""

from __future__ import annotations

from typing import Any

import pytest
from support.core import HEADER, PID, START, checking, event, read

from tiercel._core.api.evaluator import Evaluator
from tiercel._core.eval.program_build import RuleProgram
from tiercel._core.state.process_table import ProcessTable

# init <- sshd <- bash <- make <- cat: the last one is the process of `event`.
LINE: list[dict[str, Any]] = [
    {"comm": "init", "exe": "/sbin/init", "exepath": "/usr/lib/init", "args": [], "env": ["A=init", "TOP=yes"]},
    {"comm": "sshd", "exe": "sshd:", "exepath": "/usr/sbin/sshd", "args": ["-D", "-e"], "env": ["A="]},
    {"comm": "bash", "exe": "-bash", "exepath": "/bin/bash", "args": [], "env": ["A=shell", "B= two words "]},
    {"comm": "make", "exe": "make", "exepath": "/usr/bin/make", "args": ["all"], "env": ["B="]},
    {"comm": "cat", "exe": "cat", "exepath": "/bin/cat", "args": ["x"], "env": ["OWN=1"]},
]
PIDS = [1, 20, 30, 40, PID]
STARTS = [1, 2_000_000_000, 3_000_000_000, 4_000_000_000, START]


def line(**of: list[Any]) -> ProcessTable:
    """The processes above; ``sid=[…]`` and the like give each its own."""
    found = ProcessTable()
    for at, row in enumerate(LINE):
        above = {"ptgid": PIDS[at - 1], "pstart_ns": STARTS[at - 1]} if at else {}
        own = {name: values[at] for name, values in of.items()}
        found.seed(tgid=PIDS[at], start_ns=STARTS[at], vpid=PIDS[at], **above, **row, **own)
    return found


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("proc.pexe", "make"),
        ("proc.pvpid", 40),
        ("proc.ppid.duration", HEADER["time_ns"] - 4_000_000_000),
        ("proc.ppid.ts", 4_000_000_000),
        ("proc.aexe", "make -bash sshd: /sbin/init"),
        ("proc.aexe[0]", "cat"),
        ("proc.aexe[2]", "-bash"),
        ("proc.aexe[5]", None),
        ("proc.aargs", "all  -D -e "),
        ("proc.aargs[0]", "x"),
        ("proc.aargs[1]", "all"),
        ("proc.aargs[2]", ""),
        ("proc.aargs[3]", "-D -e"),
        ("proc.aargs[9]", None),
        ("proc.aenv", "OWN=1"),
        ("proc.aenv[0]", "OWN=1"),
        ("proc.aenv[1]", "B="),
        ("proc.aenv[2]", "A=shell B= two words "),
        ("proc.aenv[8]", None),
        ("proc.aenv[A]", "shell"),
        ("proc.aenv[B]", "two words"),
        ("proc.aenv[TOP]", "yes"),
        ("proc.aenv[OWN]", ""),
        ("proc.aenv[NOSUCH]", ""),
        ("proc.loginshellid", 30),
    ],
)
def test_ancestors(field: str, expected: Any) -> None:
    assert read(event("kill"), field, table=line()) == expected


def matches(field: str, op: str, *operand: bytes) -> bool:
    evaluator = Evaluator(RuleProgram(checking(field, op, *operand)), line())
    return bool(evaluator.feed(event("kill")))


def test_conditions_look_at_each_ancestor() -> None:
    assert matches("proc.aexe", "eq", b"sshd:")
    assert not matches("proc.aexe", "eq", b"cat")
    assert matches("proc.aexe[0]", "eq", b"cat")
    assert matches("proc.aenv", "contains", b"TOP=")
    assert not matches("proc.aenv", "contains", b"OWN=")
    assert matches("proc.aargs", "contains", b"-D -e")
    assert not matches("proc.aargs", "eq", b"-D -e")


def test_without_a_parent() -> None:
    fields = ("proc.pexe", "proc.pvpid", "proc.ppid.duration", "proc.ppid.ts", "proc.aexe", "proc.aargs")
    alone = ProcessTable()
    alone.seed(tgid=PID, start_ns=START, comm="cat", args=["x"], env=["A=1"])
    assert read(event("kill", header={"ptgid": 0}), *fields, table=alone) == (None,) * 6
    fields = ("proc.aenv[A]", "proc.aenv[1]", "proc.loginshellid")
    assert read(event("kill", header={"ptgid": 0}), *fields, table=alone) == ("", None, None)
    assert read(event("kill"), "proc.aenv", "proc.aenv[A]", "proc.sname") == (None, "", None)


# --- Leaders ----------------------------------------------------------------------------------------------------------

LEADERS = ("proc.sname", "proc.sid.exe", "proc.sid.exepath")
GROUPS = ("proc.vpgid.name", "proc.vpgid.exe", "proc.vpgid.exepath", "proc.pgid.name", "proc.pgid.exe")


def test_the_leader_is_the_process_of_that_number() -> None:
    found = line(sid=[1, 20, 30, 30, 30], vpgid=[1, 20, 30, 40, 40], pgid=[1, 20, 30, 40, 40])
    here = event("kill", header={"vpid": PID, "vtid": PID})
    assert read(here, *LEADERS, table=found) == ("bash", "-bash", "/bin/bash")
    assert read(here, *GROUPS, table=found) == ("make", "make", "/usr/bin/make", "make", "make")


def test_in_a_pid_namespace_only_the_line_of_ancestors_counts() -> None:
    found = line(sid=[1, 20, 5, 5, 5], vpgid=[1, 20, 5, 6, 5], pgid=[1, 20, 30, 40, 40])
    inside = event("kill", header={"vpid": 7, "vtid": 7})
    assert read(inside, *LEADERS, table=found) == ("bash", "-bash", "/bin/bash")
    # The line is broken by make, whose group is another; the number of the host needs no line.
    assert read(inside, *GROUPS, table=found) == ("", "", "", "make", "make")


def test_a_leader_that_is_gone() -> None:
    found = line(sid=[1, 20, 99, 99, 98], vpgid=[1] * 5, pgid=[97] * 5)
    here = event("kill", header={"vpid": PID, "vtid": PID})
    assert read(here, *LEADERS, table=found) == ("", "", "")
    assert read(here, "proc.pgid.name", "proc.vpgid.name", table=found) == ("init", "init")


def test_an_unknown_session() -> None:
    here = event("kill", header={"vpid": PID, "vtid": PID})
    assert read(here, *LEADERS, "proc.pgid.name", table=line()) == (None, None, None, None)
