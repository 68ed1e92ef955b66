# SPDX-License-Identifier: Apache-2.0
"""Plans: what they find rules by, and that they find all that match."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import naive
from support.compiling import indexed, rule
from support.conditions import conditions
from support.examples import examples
from support.given_events import events
from support.plans import BINDINGS, candidates

from tiercel.compiler.ir.program import Bucket, IndexLookup, Plan, Program, Read
from tiercel.compiler.planner import plan as index
from tiercel.lang import parse
from tiercel.schema.names import EVENT_BY_NAME

QUIET = settings(deadline=None, suppress_health_check=list(HealthCheck))
OPEN = EVENT_BY_NAME["open"].code


def compiled(*texts: str) -> Program:
    return indexed(*(rule(text, name=f"r{number}") for number, text in enumerate(texts)))


def plan(*conditions: str) -> Plan:
    """The plan for `open` of rules about it."""
    return compiled(*(f"evt.type = open and ({condition})" for condition in conditions)).plans[OPEN]


def written(found: Plan) -> list[tuple[tuple[tuple[int, bool], ...], dict[str, dict[Any, Any]], tuple[int, ...]]]:
    return [
        (bucket.guards, {str(probe): dict(probe.keys) for probe in bucket.probes}, bucket.always)
        for bucket in found.buckets
    ]


@settings(QUIET, max_examples=examples(150))
@given(st.lists(conditions(), min_size=1, max_size=6), events())
def test_every_rule_that_matches_is_found(texts: list[str], mappings: list[dict[str, Any]]) -> None:
    program = compiled(*texts)
    for code, found in program.plans.items():
        assert index.holds(found, len(program.entries[code]))
    trees = [parse(text) for text in texts]
    for mapping in mappings:
        code = EVENT_BY_NAME[mapping["evt.type"]].code
        for binding in BINDINGS:
            matching = {rule for rule, tree in enumerate(trees) if naive.holds(tree, mapping, binding)}
            if matching:
                entries = program.entries[code]
                tried = {entries[entry].rule for entry in candidates(program, code, mapping, binding)}
                assert matching <= tried, f"{texts}\n{mapping}"


@pytest.mark.parametrize(
    ("condition", "probes"),
    [
        ("proc.name = a", {"proc.name exact": [b"a"]}),
        ("proc.name in (a, b)", {"proc.name exact": [b"a", b"b"]}),
        ("proc.name startswith abcd", {"proc.name prefix": [b"abcd"]}),
        ("proc.name endswith abcd", {"proc.name suffix": [b"abcd"]}),
        ("proc.cmdline contains abcd", {"proc.cmdline substring": [b"abcd"]}),
        ("proc.cmdline icontains AbCd", {"proc.cmdline isubstring": [b"abcd"]}),
        ("fd.name pmatch (/etc, /var/l*/x)", {"fd.name path": [b"/etc", b"/var/l"]}),
        ("fd.name glob /etc/pam*", {"fd.name prefix": [b"/etc/pam"]}),
        ("fd.num = 7", {"fd.num exact": [7]}),
        ("fd.snet = 10.1.0.0/16", {"fd.snet network": [(b"\n\1\0\0", 16)]}),
        ("fd.sip = 10.1.0.1", {"fd.sip exact": [(b"\n\1\0\1", 32)]}),
        ("tolower(proc.name) = a", {"tolower(proc.name) exact": [b"a"]}),
        ("proc.name = a or proc.exepath = /b", {"proc.name exact": [b"a"], "proc.exepath exact": [b"/b"]}),
        ("proc.name startswith oneof (abcd, efgh)", {"proc.name prefix": [b"abcd", b"efgh"]}),
        ("proc.name contains allof (abcd, efgh)", {"proc.name substring": [b"abcd"]}),
        ("not (proc.pid > 7 or not proc.name = a)", {"proc.name exact": [b"a"]}),
        ("proc.cmdline contains abcd and fd.name = /x and proc.name = a", {"proc.name exact": [b"a"]}),
    ],
)
def test_witnesses(condition: str, probes: dict[str, list[Any]]) -> None:
    ((_, found, always),) = written(plan(condition))
    assert {name: list(keys) for name, keys in found.items()} == probes
    assert {entries for keys in found.values() for entries in keys.values()} == {(0,)}
    assert always == ()


@pytest.mark.parametrize(
    "condition",
    [
        "proc.pid > 7",
        "not proc.name = a",
        "proc.name != a",
        "proc.name exists",
        "proc.name contains ''",
        "proc.name glob *",
        "proc.name = val(proc.pname)",
        "fd.name pmatch (/)",
        "evt.failed = true",
        "proc.name = a or proc.pid > 7",
        "not (proc.name = a and proc.pid > 7)",
    ],
)
def test_conditions_without_a_witness(condition: str) -> None:
    assert written(plan(condition)) == [((), {}, (0,))]


def test_rules_with_one_source_share_a_look_up() -> None:
    ((_, found, _),) = written(plan("proc.name in (a, b)", "proc.name in (b, c)", "proc.name = c"))
    assert found == {"proc.name exact": {b"a": (0,), b"b": (0, 1), b"c": (1, 2)}}


def test_rules_that_require_the_same_share_a_bucket() -> None:
    opened = "evt.is_open_write = true and not container.id = host"
    program = compiled(
        *(f"evt.type = open and {opened} and proc.name = {name}" for name in "ab"), "evt.type = open and proc.pid > 3"
    )
    guarded, others = written(program.plans[OPEN])
    checks = {(str(program.checks[number]), expected) for number, expected in guarded[0]}
    assert checks == {("evt.is_open_write = true", True), ("container.id = host", False)}
    assert guarded[1:] == ({"proc.name exact": {b"a": (0,), b"b": (1,)}}, ())
    assert others == ((), {}, (2,))


def test_event_types_with_equal_entries_share_a_plan() -> None:
    plans = compiled("evt.type in (open, openat) and proc.name = a", "evt.type = kill and proc.name = a").plans
    assert len(plans) == 3
    assert len(set(map(id, plans.values()))) < 3


def test_promise() -> None:
    def made(keys: Any, always: tuple[int, ...] = ()) -> Plan:
        return Plan((Bucket((), (IndexLookup(Read("proc.name"), "exact", keys),), always),))

    assert index.holds(made(((b"a", (0, 2)), (b"b", (0,))), (1,)), 3)
    assert not index.holds(made(((b"a", (0, 3)),)), 3)
    assert not index.holds(made(((b"a", (1, 0)),)), 3)
    assert not index.holds(made(((b"a", (0,)), (b"a", (1,)))), 3)
    assert not index.holds(made((), (2, 1)), 3)
    assert not index.holds(Plan((Bucket((), (), (1,)), Bucket((), (), (1,)))), 3)
