# SPDX-License-Identifier: Apache-2.0
"""Plans and the indexes in them: what they mark is what naive code marks, and no more than that is evaluated."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.core import field_ref
from support.core import given as evaluate
from support.examples import examples

from tiercel._core.api.evaluator import Evaluator
from tiercel._core.eval.program_build import RuleProgram
from tiercel._core.state.process_table import ProcessTable
from tiercel.compiler.ir.program import (
    TRUE,
    Bucket,
    CompiledCheck,
    Entry,
    IndexLookup,
    Node,
    Operand,
    Plan,
    Program,
    Read,
)
from tiercel.schema.names import EVENT_BY_NAME

KILL = EVENT_BY_NAME["kill"].code
OPENAT = EVENT_BY_NAME["openat"].code
MANY = settings(max_examples=examples(400), deadline=None)


def program(plan: Plan, count: int, *, checks: tuple[CompiledCheck, ...] = (), paths: bool = False) -> Program:
    """So many rules that match whatever is evaluated: what matches is what was marked."""
    entries = tuple(Entry(number, TRUE, paths) for number in range(count))
    names = tuple(f"r{number}" for number in range(count))
    codes = (KILL, OPENAT)
    return Program(
        names, checks, (), dict.fromkeys(codes, entries), ((),) * count, plans=dict.fromkeys(codes, plan)
    )  # fmt: skip


def probing(field: str, kind: str, keys: tuple[Operand, ...]) -> Program:
    """A rule for each key, in one bucket."""
    probe = IndexLookup(field_ref(field), kind, tuple((key, (number,)) for number, key in enumerate(keys)))
    return program(Plan((Bucket((), (probe,), ()),)), len(keys))


def marked(made: Program, fields: Mapping[str, Any], **settings: Any) -> list[int]:
    settings.setdefault("rule_matching", "all")
    return [alert.rule for alert in evaluate(made, fields, **settings)]


# --- One index --------------------------------------------------------------------------------------------------------

FITS: Final[Mapping[str, Callable[[bytes, bytes], bool]]] = {
    "exact": lambda value, key: value == key,
    "prefix": lambda value, key: value.startswith(key),
    "path": lambda value, key: re.sub(rb"/+", b"/", value).startswith(key),
    "suffix": lambda value, key: value.endswith(key),
    "substring": lambda value, key: key in value,
    "isubstring": lambda value, key: key in value.lower(),
}
# Few letters, so that keys share beginnings, ends and pieces; bytes that are no text, too.
TEXTS = st.text(st.sampled_from("ab/A\udcff"), max_size=12).map(lambda text: text.encode("utf-8", "surrogateescape"))


@pytest.mark.parametrize("kind", FITS)
@MANY
@given(st.data())
def test_texts(kind: str, data: st.DataObject) -> None:
    keys = TEXTS
    if kind in {"substring", "isubstring"}:
        keys = keys.filter(bool)
    if kind == "isubstring":
        keys = keys.map(bytes.lower)
    if kind == "path":
        keys = keys.filter(lambda key: b"//" not in key)
    chosen = tuple(data.draw(st.lists(keys, min_size=1, max_size=20)))
    value = data.draw(TEXTS | st.tuples(TEXTS, st.sampled_from(chosen), TEXTS).map(b"".join))
    expected = [number for number, key in enumerate(chosen) if FITS[kind](value, key)]
    assert marked(probing("proc.name", kind, chosen), {"proc.name": value}) == expected


@pytest.mark.parametrize(
    ("field", "numbers"),
    [("evt.num", st.integers(0, 40)), ("evt.rawres", st.integers(-20, 20)), ("evt.failed", st.booleans())],
)
@settings(max_examples=examples(60), deadline=None)
@given(st.data())
def test_numbers(field: str, numbers: st.SearchStrategy[int], data: st.DataObject) -> None:
    keys = tuple(data.draw(st.lists(numbers, min_size=1, max_size=20)))
    value = data.draw(numbers)
    expected = [number for number, key in enumerate(keys) if key == value]
    assert marked(probing(field, "exact", keys), {field: value}) == expected


def test_numbers_are_of_64_bits() -> None:
    assert marked(probing("evt.num", "exact", (-1, 2**64 - 1, 5)), {"evt.num": 2**64 - 1}) == [0, 1]


ADDRESSES = st.integers(0, 7).map(lambda low: f"10.{low}.128.{low}") | st.sampled_from(["::1", "fe80::1", "fe81::"])
NETWORKS = st.tuples(ADDRESSES.map(lambda text: ipaddress.ip_address(text).packed), st.integers(0, 128)).map(
    lambda pair: (pair[0], min(pair[1], 8 * len(pair[0])))
)


@MANY
@given(st.lists(NETWORKS, min_size=1, max_size=12).map(tuple), ADDRESSES)
def test_networks(keys: tuple[tuple[bytes, int], ...], address: str) -> None:
    expected = [
        number
        for number, key in enumerate(keys)
        if ipaddress.ip_address(address) in ipaddress.ip_network(key, strict=False)
    ]
    assert marked(probing("fd.snet", "network", keys), {"fd.snet": address}) == expected


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(NETWORKS, min_size=1, max_size=12).map(tuple), ADDRESSES)
def test_addresses(keys: tuple[tuple[bytes, int], ...], address: str) -> None:
    whole = tuple((packed, 8 * len(packed)) for packed, _ in keys)
    expected = [number for number, (packed, _) in enumerate(whole) if ipaddress.ip_address(address).packed == packed]
    assert marked(probing("fd.sip", "exact", whole), {"fd.sip": address}) == expected


@pytest.mark.parametrize("kind", FITS)
def test_ten_thousand_keys(kind: str) -> None:
    keys = tuple(f"/srv/{number * 7919 % 10007:05}/x{number}.conf".encode() for number in range(10_000))
    made = probing("proc.name", kind, keys)
    assert marked(made, {"proc.name": keys[4321]}) == [4321]
    assert marked(made, {"proc.name": b"/usr/lib/x86_64-linux-gnu/libc.so.6"}) == []


def test_any_of_several_values() -> None:
    made = probing("proc.aname", "exact", (b"a", b"b", b"c"))
    assert marked(made, {"proc.aname": ["c", "x", "a"]}) == [0, 2]
    assert marked(made, {"proc.aname": []}) == []


def test_what_is_missing_hits_nothing() -> None:
    assert marked(probing("proc.name", "prefix", (b"", b"a")), {}) == []
    assert marked(probing("proc.name", "prefix", (b"", b"a")), {"proc.name": ""}) == [0]


# --- Buckets ----------------------------------------------------------------------------------------------------------

CHECKS = (CompiledCheck(Read("proc.name"), "eq", (b"cat",)), CompiledCheck(Read("evt.num"), "gt", (5,)))
BOTH = ((0, True), (1, False))


def test_guards() -> None:
    probe = IndexLookup(Read("proc.exe"), "prefix", ((b"/bin", (2,)), (b"/", (4,))))
    plan = Plan((Bucket(BOTH, (probe,), (0,)), Bucket(((1, True),), (), (1,)), Bucket((), (), (3,))))
    made = program(plan, 5, checks=CHECKS)
    assert marked(made, {"proc.name": "cat", "evt.num": 5, "proc.exe": "/bin/cat"}) == [0, 2, 3, 4]
    assert marked(made, {"proc.name": "cat", "evt.num": 6, "proc.exe": "/bin/cat"}) == [1, 3]
    assert marked(made, {"proc.name": "dog", "evt.num": 5, "proc.exe": "/bin/cat"}) == [3]
    assert marked(made, {}) == [3]


def test_candidates_are_evaluated() -> None:
    plan = Plan((Bucket((), (), (0, 1)),))
    made = replace(program(plan, 2, checks=CHECKS), nodes=(Node(0, TRUE, -2), Node(1, TRUE, -2)))
    made = replace(made, entries={KILL: (Entry(0, 0, False), Entry(1, 1, False))})
    assert marked(made, {"proc.name": "cat"}) == [0]
    assert marked(made, {"proc.name": "cat", "evt.num": 9}) == [0, 1]


def test_entries_in_no_bucket_never_match() -> None:
    assert marked(program(Plan((Bucket((), (), (1,)),)), 3), {}) == [1]
    assert marked(program(Plan(()), 3), {}) == []


def test_the_first_match_leaves_nothing_behind() -> None:
    """Rules marked for one event must not be evaluated for the next."""
    keys = tuple((f"n{number % 7}".encode(), tuple(range(number % 7, 9000, 7))) for number in range(7))
    made = program(Plan((Bucket((), (IndexLookup(Read("proc.name"), "exact", keys),), ()),)), 9000)
    evaluator = Evaluator(RuleProgram(made), ProcessTable(), rule_matching="first")
    for number in (6, 3, 5, 0):
        (alert,) = evaluator.evaluate_fields({"evt.type": "kill", "proc.name": f"n{number}"})
        assert alert.rule == number
    assert evaluator.evaluate_fields({"evt.type": "kill"}) == []
    assert len(marked(made, {"proc.name": "n0"})) == 1286


PAIR = {"requested": "/tmp/l", "resolved": "/etc/shadow"}


@pytest.mark.parametrize(
    ("matching", "expected"), [("both", [0, 1, 2, 3]), ("requested", [0, 2, 3]), ("resolved", [1, 2, 3])]
)
def test_bindings(matching: str, expected: list[int]) -> None:
    paths = IndexLookup(Read("fd.name"), "prefix", ((b"/tmp", (0,)), (b"/etc", (1,)), (b"/usr", (4,))))
    names = IndexLookup(Read("proc.name"), "exact", ((b"cat", (2,)),))
    made = program(Plan((Bucket((), (paths, names), (3,)),)), 5, paths=True)
    fields = {"evt.type": "openat", "proc.name": "cat", "fd.name": PAIR}
    assert marked(made, fields, path_matching=matching) == expected
    assert marked(made, {**fields, "fd.name": "/tmp/x"}, path_matching=matching) == [0, 2, 3]


@pytest.mark.parametrize(("path", "expected"), [(PAIR, [0, 1]), ("/tmp/l", []), ("/etc/shadow", [0, 1])])
def test_guards_under_both_bindings(path: Any, expected: list[int]) -> None:
    """A guard on a path lets a bucket in under the binding that it holds under; the rest is looked up then."""
    checks = (CompiledCheck(Read("fd.name"), "eq", (b"/etc/shadow",)),)
    names = IndexLookup(Read("proc.name"), "exact", ((b"cat", (0,)),))
    made = program(Plan((Bucket(((0, True),), (names,), (1,)),)), 2, checks=checks, paths=True)
    assert marked(made, {"evt.type": "openat", "proc.name": "cat", "fd.name": path}) == expected


# --- What is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bucket", "error"),
    [
        (Bucket(((2, True),), (), ()), "has the check 2 of 2"),
        (Bucket((), (), (2,)), "has the entry 2 of 2"),
        (Bucket((), (IndexLookup(Read("proc.name"), "exact", ((b"a", (0, 2)),)),), ()), "has the entry 2 of 2"),
        (Bucket((), (IndexLookup(Read("proc.name"), "exact", ()),), ()), "an index of 0 keys"),
        (Bucket((), (IndexLookup(Read("proc.name"), "substring", ((b"", (0,)),)),), ()), "the empty text"),
        (Bucket((), (IndexLookup(Read("proc.name"), "likeness", ((b"a", (0,)),)),), ()), "not in tuple"),
        (Bucket((), (IndexLookup(Read("evt.num"), "prefix", ((b"a", (0,)),)),), ()), "no index of the kind prefix"),
        (Bucket((), (IndexLookup(Read("fd.snet"), "exact", ((b"a", (0,)),)),), ()), "no index of the kind exact"),
        (Bucket((), (IndexLookup(Read("fd.snet"), "network", (((b"abcd", 33), (0,)),)),), ()), "length"),
        (Bucket((), (IndexLookup(Read("proc.nome"), "exact", ((b"a", (0,)),)),), ()), "no field"),
    ],
)
def test_inconsistent_plans_are_refused(bucket: Bucket, error: str) -> None:
    with pytest.raises(ValueError, match=error):
        RuleProgram(program(Plan((bucket,)), 2, checks=CHECKS))


def test_a_plan_for_other_entries_is_refused() -> None:
    made = program(Plan(()), 2)
    with pytest.raises(ValueError, match="plan for 2 entries"):
        RuleProgram(replace(made, entries={KILL: made.entries[KILL], OPENAT: made.entries[OPENAT][:1]}))
