# SPDX-License-Identifier: Apache-2.0
"""The compiled program, run by the core, against the naive evaluator."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from support import naive
from support.conditions import conditions, events

from tiercel import compiler
from tiercel._core.evaluator import Evaluator
from tiercel._core.program import RuleProgram
from tiercel._core.threads import ProcessTable
from tiercel.lang import parse
from tiercel.rules import load_text

TABLE = ProcessTable(64)
QUIET = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def rule_file(texts: list[str]) -> str:
    rules = (
        f"- rule: r{number}\n  desc: d\n  output: o\n  priority: INFO\n  condition: {quoted(text)}\n"
        for number, text in enumerate(texts)
    )
    return "".join(rules)


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def evaluator(texts: list[str], **options: Any) -> Evaluator:
    compiled = compiler.compile(load_text(rule_file(texts)), **options)
    assert compiled.program is not None
    return Evaluator(RuleProgram(compiled.program), TABLE, rule_matching="all")


@settings(QUIET, max_examples=300)
@given(st.lists(conditions(), min_size=1, max_size=6), st.lists(events(), min_size=1, max_size=3))
def test_all_rules_match_what_the_reference_says(texts: list[str], mappings: list[dict[str, Any]]) -> None:
    evaluate = evaluator(texts)
    trees = [parse(text) for text in texts]
    for mapping in mappings:
        found = {alert.rule: alert.binding for alert in evaluate.evaluate_fields(mapping)}
        expected = {
            number: binding
            for number, tree in enumerate(trees)
            if (binding := naive.matches(tree, mapping)) is not None
        }
        event(f"{bool(expected)} matches")
        assert found == expected


@pytest.mark.parametrize("binding", ["requested", "resolved"])
@settings(QUIET, max_examples=150)
@given(conditions(), events())
def test_one_binding_alone(binding: Any, text: str, mapping: dict[str, Any]) -> None:
    found = evaluator([text], path_matching=binding).evaluate_fields(mapping)
    assert bool(found) is naive.holds(parse(text), mapping, binding)
