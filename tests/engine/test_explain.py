# SPDX-License-Identifier: Apache-2.0
"""Why rules match or do not: against the evaluator, and against the naive one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from support import naive
from support.conditions import conditions
from support.examples import examples
from support.given_events import event as events

from tiercel import compiler
from tiercel.compiler.explain import SoloRule, deciding_checks
from tiercel.compiler.ir.tree import Leaf, walk
from tiercel.engine.evaluate import Engine
from tiercel.engine.explain import Explainer, Verdict, brief
from tiercel.engine.ruleset import Ruleset
from tiercel.lang import parse
from tiercel.lang.ast import Check
from tiercel.rules import load_text
from tiercel.schema.names import EVENT_BY_NAME
from tiercel.schema.syscalls import GENERIC


def rule(condition: str, name: str = "r") -> str:
    quoted = condition.replace("'", "''")
    return f"- rule: {name}\n  desc: d\n  output: o\n  priority: INFO\n  condition: '{quoted}'\n"


def explainer(*texts: str) -> Explainer:
    files = load_text("".join(texts), "r.yaml")
    return Explainer(files, compiler.compile(files))


def failing(condition: str, **event: Any) -> list[str]:
    """The checks that kept an event from matching."""
    fields = {"evt.type": "open"} | {name.replace("_", "."): value for name, value in event.items()}
    verdict = explainer(rule(condition)).verdict(0, fields)
    assert not verdict.matches
    return [str(failure.check) for failure in verdict.failures]


@pytest.mark.parametrize(
    ("condition", "checks"),
    [
        ("evt.type = open and proc.name = a", ["proc.name = a"]),
        ("evt.type = open and not proc.name = x", ["proc.name = x"]),
        ("evt.type = open and proc.name = a and proc.pname = b", ["proc.name = a"]),
        ("evt.type = open and (proc.name = a or proc.pname = b)", ["proc.name = a", "proc.pname = b"]),
        ("evt.type = open and not (proc.name = x or proc.pname = y)", ["proc.name = x"]),
        ("evt.type = open and not (proc.name = x and proc.pname = y)", ["proc.name = x", "proc.pname = y"]),
        ("evt.type = open and proc.name = x and proc.pname = b", ["proc.pname = b"]),
        ("evt.type = close", ["evt.type = close"]),
        ("evt.type = creat and proc.name = a", ["evt.type = creat"]),
        ("evt.type in (creat, mkdir) or evt.type = chmod", ["evt.type = chmod", "evt.type in (creat, mkdir)"]),
        ("evt.type = open and proc.name startswith oneof (a, b)", ["proc.name startswith a", "proc.name startswith b"]),
        ("evt.type = open and proc.name startswith oneof (x, xy)", ["proc.name startswith x"]),
        ("evt.type = open and proc.cwd exists", ["proc.cwd exists"]),
        (
            "evt.type = open and not proc.name startswith oneof (x, y)",
            ["proc.name startswith x", "proc.name startswith y"],
        ),
    ],
)
def test_first_failing_checks(condition: str, checks: list[str]) -> None:
    if "oneof (x, xy)" in condition:
        assert failing(condition, proc_name="xyz", proc_pname="y") == [
            "proc.name startswith x",
            "proc.name startswith xy",
        ]
    else:
        found = failing(condition, proc_name="x", proc_pname="y")
        assert sorted(found) == checks or found == checks


def test_places_are_those_of_the_use() -> None:
    text = (
        "- macro: a\n  condition: (proc.name = x and user.uid = 0)\n"
        "- macro: b\n  condition: (proc.name = x and user.uid = 1)\n"
    )
    made = explainer(text, rule("evt.type = open and (a or b) and proc.pid = 3"))
    verdict = made.verdict(0, {"evt.type": "open", "proc.name": "y", "proc.pid": 3})
    assert [(failure.span.text.item, str(failure.check)) for failure in verdict.failures] == [
        ('macro "a"', "user.uid = 0"),
        ('macro "b"', "user.uid = 1"),
    ]
    verdict = made.verdict(0, {"evt.type": "open", "proc.name": "y", "proc.pid": 3, "user.uid": 1})
    assert [(failure.span.text.item, failure.value) for failure in verdict.failures] == [
        ('macro "a"', 1),
        ('macro "b"', "y"),
    ]


def test_values_in_words() -> None:
    def words(condition: str, **event: Any) -> str:
        fields = {"evt.type": "open"} | {name.replace("_", "."): value for name, value in event.items()}
        return explainer(rule(f"evt.type = open and {condition}")).verdict(0, fields).failures[0].text

    assert words("proc.name = a", proc_name='b"\n') == '`proc.name = a` is false: proc.name is "b\\"\\n"'
    assert words("proc.pid = 1", proc_pid=2) == "`proc.pid = 1` is false: proc.pid is 2"
    assert words("evt.failed = true", evt_failed=False) == "`evt.failed = true` is false: evt.failed is false"
    assert words("proc.name = a") == "`proc.name = a` is false: proc.name has no value"
    assert words("proc.aname in (a)", proc_aname=["b", "c"]).startswith("`proc.aname = a` is false: proc.aname is ")
    assert words("fd.sip = 10.0.0.1", fd_sip="10.0.0.2") == '`fd.sip = 10.0.0.1` is false: fd.sip is "10.0.0.2"'
    assert words("fd.snet = 11.0.0.0/8", fd_snet="10.0.0.2") == '`fd.snet = 11.0.0.0/8` is false: fd.snet is "10.0.0.2"'
    assert words("proc.name = val(proc.pname)", proc_name="a", proc_pname="b") == (
        '`proc.name = val(proc.pname)` is false: proc.name is "a", proc.pname is "b"'
    )
    assert words("toupper(proc.name) = a", proc_name="a") == (
        '`toupper(proc.name) = a` is false: toupper(proc.name) is "A"'
    )


@pytest.mark.parametrize(
    "condition",
    [
        "evt.type = open and proc.name = a and not proc.name = a",
        "proc.name = a and not (evt.type exists and proc.name = a)",
    ],
)
def test_a_condition_that_an_event_of_the_type_can_never_satisfy_is_called_that(condition: str) -> None:
    verdict = explainer(rule(condition)).verdict(0, {"evt.type": "open", "proc.name": "a"})
    assert list(verdict.lines()) == ["no event of its type can satisfy the condition"]


def test_long_lists_are_cut_in_words_only() -> None:
    verdict = explainer(rule(f"evt.type = open and proc.name in ({', '.join(map(str, range(100, 200)))})")).verdict(
        0, {"evt.type": "open"}
    )
    check = verdict.failures[0].check
    assert brief(check) == "proc.name in (100, 101, 102, 103, … 96 more)"
    assert verdict.to_dict()["failures"][0]["check"] == str(check)


@settings(
    deadline=None, max_examples=examples(150), suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(conditions(), events())
@example("proc.name = cat and not (evt.type exists and proc.name = cat)", {"evt.type": "connect", "proc.name": "/"})
def test_agrees_with_the_evaluator(text: str, mapping: dict[str, Any]) -> None:
    files = load_text(rule(text))
    compiled = compiler.compile(files)
    made = Explainer(files, compiled)
    verdict = made.verdict(0, mapping)
    (alerts,) = [Engine(Ruleset(files)).evaluate(mapping)]
    assert verdict.matches is bool(alerts)
    # Of a condition that no event of this type can satisfy nothing is tried.
    row = EVENT_BY_NAME["syscall" if mapping["evt.type"] in GENERIC else mapping["evt.type"]]
    if not verdict.matches and (not verdict.tried or row.code in made.solo_rule(0).program.entries):
        _failures_are_true(made.solo_rule(0), verdict, mapping)


def _failures_are_true(solo_rule: SoloRule, verdict: Verdict, mapping: dict[str, Any]) -> None:
    """Each reported result of a check is true, and all together decide the condition whatever the other checks are."""
    for failures, binding in ((verdict.failures, "requested"), (verdict.resolved, "resolved")):
        said = {failure.check: failure.result for failure in failures}
        leaves = [leaf for leaf in walk(solo_rule.cond) if isinstance(leaf, Leaf)]
        for leaf in leaves:
            written = parse(leaf.span.value)
            assert isinstance(written, Check)
            if leaf.check in said and verdict.tried and written.modifier is None:
                assert naive.holds(written, mapping, binding) is said[leaf.check]
        assert bool(said) or not leaves or binding == "resolved" or not solo_rule.parts
        if said:
            assert deciding_checks(solo_rule.cond, lambda leaf, said=said: said.get(leaf.check))
