# SPDX-License-Identifier: Apache-2.0
"""Operands of checks: lists, another field, several values under a modifier, fractions; and their copies in alerts."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from support.core import evaluator_of, event, outputs, values_of

from tiercel._core.alerts.queue import AlertQueue
from tiercel._core.eval.program_build import RuleProgram
from tiercel.compiler.ir.program import FALSE, TRUE, CompiledCheck, Entry, Items, Node, Program, Read, Source, Transform
from tiercel.errors import EventError
from tiercel.schema.names import EVENT_BY_NAME

NAME = Read("proc.name")
TYPES = Read("fd.types")
KILL = EVENT_BY_NAME["kill"].code


def program(*checks: CompiledCheck) -> Program:
    """A rule for kill that all the checks make."""
    last = len(checks) - 1
    nodes = tuple(Node(number, TRUE if number == last else number + 1, FALSE) for number in range(len(checks)))
    return Program(("one",), checks, nodes, {KILL: (Entry(0, 0, True),)}, ((),))


def holds(check: CompiledCheck, **fields: Any) -> bool:
    names = {"name": "proc.name", "pname": "proc.pname", "types": "fd.types", "aname": "proc.aname", "num": "evt.num"}
    given = {names.get(short, short): value for short, value in fields.items()}
    return bool(evaluator_of(program(check)).evaluate_fields({"evt.type": "kill", **given}))


# --- Lists ------------------------------------------------------------------------------------------------------------

MANY = tuple(b"%d" % number for number in range(20))


@pytest.mark.parametrize("more", [(), MANY], ids=["few", "many"])
def test_in_holds_for_all_elements(more: tuple[bytes, ...]) -> None:
    check = CompiledCheck(TYPES, "in", (b"file", b"ipv4", *more))
    assert holds(check, types=["file"])
    assert holds(check, types=["ipv4", "file", "ipv4"])
    assert not holds(check, types=["ipv4", "pipe"])
    assert not holds(check, types=[])
    assert not holds(check)


@pytest.mark.parametrize("more", [(), MANY], ids=["few", "many"])
def test_intersects_holds_for_any_element(more: tuple[bytes, ...]) -> None:
    check = CompiledCheck(TYPES, "intersects", (b"file", b"ipv4", *more))
    assert holds(check, types=["pipe", "file"])
    assert not holds(check, types=["pipe", "unix"])
    assert not holds(check, types=[])
    assert not holds(check)
    assert holds(CompiledCheck(NAME, "intersects", (b"cat", b"dog")), name="dog")


def test_an_empty_list_is_missing_but_has_a_length() -> None:
    assert holds(CompiledCheck(TYPES, "exists"), types=["file"])
    assert not holds(CompiledCheck(TYPES, "exists"), types=[])
    assert not holds(CompiledCheck(TYPES, "exists"))
    assert holds(CompiledCheck(Transform("len", (TYPES,)), "eq", (0,)), types=[])
    assert not holds(CompiledCheck(Transform("len", (TYPES,)), "eq", (0,)))


def test_lists_that_transformers_make() -> None:
    options = Transform("getopt", (Items((b"-ab", b"-c", NAME)), b"abc:"))
    assert holds(CompiledCheck(options, "in", (b"a", b"b", b"c", b"x")), name="x")
    assert not holds(CompiledCheck(options, "in", (b"a", b"b", b"c", b"x")), name="y")
    assert holds(CompiledCheck(options, "intersects", (b"y", b"z")), name="y")
    assert not holds(CompiledCheck(options, "exists"))


# --- Field to field ---------------------------------------------------------------------------------------------------


def test_one_field_against_another() -> None:
    same = CompiledCheck(NAME, "eq", right=Read("proc.pname"))
    assert holds(same, name="a", pname="a")
    assert not holds(same, name="a", pname="b")
    differ = CompiledCheck(NAME, "ne", right=Read("proc.pname"))
    assert holds(differ, name="a", pname="b")
    assert not holds(differ, name="a", pname="a")
    for missing in ({"name": "a"}, {"pname": "a"}, {}):
        assert not holds(same, **missing)
        assert not holds(differ, **missing)
    assert holds(CompiledCheck(NAME, "startswith", right=Read("proc.pname")), name="abc", pname="ab")
    assert holds(CompiledCheck(NAME, "glob", right=Read("proc.pname")), name="abc", pname="a*")
    assert holds(CompiledCheck(NAME, "in", right=Read("proc.pname")), name="abc", pname="abc")
    assert holds(CompiledCheck(Read("evt.num"), "gt", right=Transform("len", (NAME,))), num=4, name="abc")
    assert not holds(CompiledCheck(Read("evt.num"), "gt", right=Transform("len", (NAME,))), num=3, name="abc")


def test_one_list_against_another() -> None:
    words = Transform("toupper", (Items((NAME, Read("proc.pname"))),))
    assert holds(CompiledCheck(TYPES, "in", right=words), types=["A", "B"], name="a", pname="b")
    assert not holds(CompiledCheck(TYPES, "in", right=words), types=["A", "C"], name="a", pname="b")
    assert holds(CompiledCheck(TYPES, "intersects", right=words), types=["A", "C"], name="a", pname="b")
    assert not holds(CompiledCheck(TYPES, "intersects", right=words), types=["A"], name="a")
    assert not holds(CompiledCheck(words, "in", right=TYPES), types=[], name="a", pname="b")
    assert holds(CompiledCheck(words, "in", right=TYPES), types=["A"], name="a", pname="a")


def test_several_values_against_a_field() -> None:
    check = CompiledCheck(Read("proc.aname"), "eq", right=NAME)
    assert holds(check, aname=["x", "y"], name="y")
    assert not holds(check, aname=["x", "y"], name="z")
    assert not holds(check, aname=["x"])


def test_both_sides_follow_the_binding() -> None:
    pair = {"requested": "/tmp/l", "resolved": "/etc/shadow"}
    same = CompiledCheck(Transform("basename", (Read("fd.name"),)), "eq", right=Transform("tolower", (NAME,)))
    evaluator = evaluator_of(program(same))
    event = {"evt.type": "kill", "fd.name": pair}
    assert [alert.binding for alert in evaluator.evaluate_fields({**event, "proc.name": "SHADOW"})] == ["resolved"]
    assert [alert.binding for alert in evaluator.evaluate_fields({**event, "proc.name": "L"})] == ["requested"]
    assert evaluator.evaluate_fields({**event, "proc.name": "m"}) == []
    flipped = CompiledCheck(NAME, "eq", right=Transform("basename", (Read("fd.name"),)))
    (alert,) = evaluator_of(program(flipped)).evaluate_fields({**event, "proc.name": "shadow"})
    assert alert.binding == "resolved"


def test_records_field_to_field() -> None:
    check = CompiledCheck(Read("proc.vpid"), "eq", right=Read("thread.vtid"))
    evaluator = evaluator_of(program(check))
    assert len(evaluator.feed(event("kill", {}))) == 1
    assert evaluator.feed(event("kill", {}, header={"vtid": 8})) == []


# --- Modifiers --------------------------------------------------------------------------------------------------------


def test_a_modifier_counts_for_each_value_by_itself() -> None:
    ancestors = Read("proc.aname")
    one = CompiledCheck(ancestors, "contains", (b"a", b"b"), "oneof")
    assert holds(one, aname=["x", "a"])
    assert not holds(one, aname=["ab"])
    assert holds(one, aname=["ab", "b"])
    assert not holds(one, aname=["x"])
    every = CompiledCheck(ancestors, "contains", (b"a", b"b"), "allof")
    assert holds(every, aname=["x", "ba"])
    assert not holds(every, aname=["a", "b"])
    some = CompiledCheck(ancestors, "contains", (b"a", b"b"), "anyof")
    assert holds(some, aname=["x", "b"])
    assert not holds(some, aname=["x", "y"])
    for check in (one, every, some):
        assert not holds(check)
        assert not holds(check, aname=[])


def test_with_no_constants_a_modifier_is_false() -> None:
    for modifier in ("oneof", "anyof", "allof"):
        assert not holds(CompiledCheck(Read("proc.aname"), "eq", (), modifier), aname=["a"])


def test_both_ends_of_a_connection_under_a_modifier() -> None:
    first, second = (b"\x0a\0\0\1", 32), (b"\x0a\0\0\2", 32)
    ips = {"fd.ip": ["10.0.0.1", "10.0.0.3"]}
    assert holds(CompiledCheck(Read("fd.ip"), "eq", (first, second), "anyof"), **ips)
    assert not holds(CompiledCheck(Read("fd.ip"), "ne", (first, second), "allof"), **ips)
    assert holds(CompiledCheck(Read("fd.ip"), "ne", (second,), "allof"), **ips)


def test_a_modifier_of_one_value() -> None:
    assert holds(CompiledCheck(NAME, "contains", (b"a", b"b"), "oneof"), name="xa")
    assert not holds(CompiledCheck(NAME, "contains", (b"a", b"b"), "oneof"), name="xab")


# --- Fractions, and what depends on an argument -----------------------------------------------------------------------


def test_fractions() -> None:
    cpu = Read("thread.cpu")
    for op, constant, expected in (("gt", 1.5, True), ("lt", 1.5, False), ("eq", 1.75, True), ("ne", 1.75, False)):
        assert holds(CompiledCheck(cpu, op, (constant,)), **{"thread.cpu": 1.75}) is expected
    assert holds(CompiledCheck(cpu, "in", (0.5, 1.0, 2.0)), **{"thread.cpu": 2})
    assert values_of((cpu,), {"thread.cpu": 2.5}) == (2.5,)
    assert isinstance(values_of((cpu,), {"thread.cpu": 2})[0], float)


# --- Captured ---------------------------------------------------------------------------------------------------------


def test_lists_are_captured_as_lists() -> None:
    given = {"fd.types": ["file", "ipv4"], "proc.name": "c"}
    sources: tuple[Source, ...] = (TYPES, Transform("toupper", (TYPES,)), Transform("len", (TYPES,)), NAME)
    assert values_of(sources, given) == (["file", "ipv4"], ["FILE", "IPV4"], 2, "c")
    assert values_of(sources, {"fd.types": []}) == ([], [], 0, None)
    assert values_of(sources, {}) == (None, None, None, None)


def test_lists_that_do_not_fit_are_cut() -> None:
    texts = ["x" * 1000] * 1000
    evaluator = evaluator_of(outputs(TYPES, NAME))
    (alert,) = evaluator.evaluate_fields({"evt.type": "kill", "fd.types": texts, "proc.name": "a"})
    assert alert.is_cut
    assert len(alert.values[0]) == 1000
    assert alert.values[0][:100] == texts[:100]
    assert alert.values[0][-1] is None
    (alert,) = evaluator.evaluate_fields({"evt.type": "kill", "fd.types": [""] * 200_000, "proc.name": "a"})
    assert alert.is_cut
    assert 100_000 < len(alert.values[0]) < 200_000


HEAD = struct.Struct("<QQIIIHBB")


def packed(values: bytes, count: int = 1) -> bytes:
    return HEAD.pack(0, 0, 0, 0, len(values), count, 0, 0) + values


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (b"\x07" + struct.pack("<d", 0.5), 0.5),
        (b"\x08" + struct.pack("<I", 2) + b"\x05\x01\x00", [True, None]),
        (b"\x08" + struct.pack("<I", 0), []),
        (b"\x08" + struct.pack("<I", 1) + b"\x03\x01", [None]),
        (b"\x07\0\0", None),
        (b"\x06\x05\0\0\0\0\0", None),
    ],
)
def test_alerts_as_bytes(values: bytes, expected: Any) -> None:
    queue = AlertQueue()
    queue.push(packed(values))
    ((_, alert),) = queue.pop_alerts()
    assert alert.values == (expected,)


@pytest.mark.parametrize(
    "values",
    [
        b"\x08" + struct.pack("<I", 0xFFFF_FFFF),
        b"\x08" + struct.pack("<I", 2) + b"\0",
        b"\x08" + struct.pack("<I", 1) + b"\x08" + struct.pack("<I", 0),
        b"\x01" + struct.pack("<I", 1),
    ],
)
def test_damaged_alerts(values: bytes) -> None:
    queue = AlertQueue()
    queue.push(packed(values))
    with pytest.raises(EventError) as caught:
        queue.pop_alerts()
    assert caught.value.code == "E301"


# --- What is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "check",
    [
        CompiledCheck(NAME, "nosuch", (b"a",)),
        CompiledCheck(NAME, "eq", ()),
        CompiledCheck(NAME, "eq", (b"a", b"b")),
        CompiledCheck(NAME, "exists", (b"a",)),
        CompiledCheck(NAME, "eq", (5,)),
        CompiledCheck(NAME, "eq", ("text",)),
        CompiledCheck(Read("evt.num"), "eq", (b"5",)),
        CompiledCheck(Read("evt.num"), "eq", (None,)),
        CompiledCheck(Read("evt.rawres"), "eq", (2**63,)),
        CompiledCheck(Read("thread.cpu"), "eq", (b"5",)),
        CompiledCheck(Read("fd.sip"), "eq", (b"1234",)),
        CompiledCheck(Read("fd.sip"), "eq", ((b"123", 24),)),
        CompiledCheck(Read("evt.num"), "contains", (b"5",)),
        CompiledCheck(TYPES, "eq", (b"file",)),
        CompiledCheck(TYPES, "pmatch", (b"file",)),
        CompiledCheck(TYPES, "contains", (b"file",), "anyof"),
        CompiledCheck(NAME, "in", (b"a",), "anyof"),
        CompiledCheck(NAME, "eq", (b"a",), "mostof"),
        CompiledCheck(NAME, "eq", (b"a",), right=NAME),
        CompiledCheck(NAME, "eq", (), "anyof", NAME),
        CompiledCheck(NAME, "exists", right=NAME),
        CompiledCheck(NAME, "pmatch", right=NAME),
        CompiledCheck(NAME, "eq", right=Read("evt.num")),
        CompiledCheck(NAME, "eq", right=Read("proc.aname")),
        CompiledCheck(NAME, "in", right=TYPES),
        CompiledCheck(TYPES, "in", right=NAME),
        CompiledCheck(Read("fd.cnet"), "eq", right=Read("fd.snet")),
        CompiledCheck(NAME, "eq", right=Transform("tolower", ())),
    ],
)
def test_checks_that_make_no_sense(check: CompiledCheck) -> None:
    with pytest.raises(ValueError, match=r"."):
        RuleProgram(program(check))
