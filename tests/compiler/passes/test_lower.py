# SPDX-License-Identifier: Apache-2.0
"""Trees to nodes."""

from __future__ import annotations

import pytest
from support.compiling import Passes

from tiercel.compiler.ir.program import FALSE, TRUE, CompiledCheck, Entry, Node, Read
from tiercel.compiler.passes.lower import Lowered
from tiercel.schema.names import EVENT_BY_NAME

OPEN = EVENT_BY_NAME["open"].code


def nodes(lowered: Lowered) -> list[tuple[str, int, int]]:
    return [(str(lowered.checks[node.check]), node.on_true, node.on_false) for node in lowered.nodes]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("fd.num = 1", [("fd.num = 1", TRUE, FALSE)]),
        ("not fd.num = 1", [("fd.num = 1", FALSE, TRUE)]),
        ("fd.num = 1 and proc.pid = 2", [("fd.num = 1", 1, FALSE), ("proc.pid = 2", TRUE, FALSE)]),
        ("fd.num = 1 or proc.pid = 2", [("fd.num = 1", TRUE, 1), ("proc.pid = 2", TRUE, FALSE)]),
        ("not (fd.num = 1 or proc.pid = 2)", [("fd.num = 1", FALSE, 1), ("proc.pid = 2", FALSE, TRUE)]),
        (
            "fd.num = 1 and (proc.pid = 2 or not thread.tid = 3)",
            [("fd.num = 1", 1, FALSE), ("proc.pid = 2", TRUE, 2), ("thread.tid = 3", FALSE, TRUE)],
        ),
    ],
)
def test_edges(condition: str, expected: list[tuple[str, int, int]]) -> None:
    assert nodes(Passes().lower(f"evt.type = open and ({condition})")) == expected


def test_the_type_alone() -> None:
    lowered = Passes().lower("evt.type = open")
    assert lowered.nodes == ()
    assert lowered.entries == {OPEN: (Entry(0, TRUE, uses_path=False),)}


def test_rules_share_checks_and_ends() -> None:
    lowered = Passes().lower(
        "evt.type = open and fd.num = 1 and proc.cmdline = x", "evt.type = open and proc.pid = 2 and proc.cmdline = x"
    )
    assert len(lowered.checks) == 3
    assert len(lowered.nodes) == 3
    first, second = lowered.entries[OPEN]
    assert (first.rule, second.rule) == (0, 1)
    assert lowered.nodes[first.root].on_true == lowered.nodes[second.root].on_true


def test_exactly_one_grows_with_the_list_only() -> None:
    values = ", ".join(f"v{number}" for number in range(100))
    lowered = Passes().lower(f"evt.type = open and proc.name contains oneof ({values})")
    assert len(lowered.nodes) == 199


def test_printing() -> None:
    written = {
        CompiledCheck(Read("proc.aname", 2), "in", (b"a b", b"c")): 'proc.aname[2] in ("a b", c)',
        CompiledCheck(Read("evt.arg", "flags"), "contains", (b"x",)): "evt.arg.flags contains x",
        CompiledCheck(Read("fd.num"), "le", (-1,)): "fd.num <= -1",
        CompiledCheck(Read("fd.net"), "eq", ((b"\n\0\0\0", 8),)): "fd.net = 10.0.0.0/8",
        CompiledCheck(Read("fd.sip"), "eq", ((bytes(15) + b"\1", 128),)): "fd.sip = ::1",
        CompiledCheck(Read("proc.name"), "exists", ()): "proc.name exists",
        CompiledCheck(Read("proc.fdusage"), "ge", (3.0,)): "proc.fdusage >= 3",
        CompiledCheck(Read("evt.failed"), "eq", (0,)): "evt.failed = false",
        CompiledCheck(Read("proc.name"), "eq", (b"\xff",)): "proc.name = \\xff",
    }
    assert {str(check): text for check, text in written.items()} == {text: text for text in written.values()}
    assert Node(0, TRUE, FALSE).on_true == -1
