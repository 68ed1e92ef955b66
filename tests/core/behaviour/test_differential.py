# SPDX-License-Identifier: Apache-2.0
"""The compiled program, run by the core, against the naive evaluator.

``TIERCEL_DIFFERENTIAL`` multiplies the number of examples: 1 makes nearly 4,000 pairs of a rule and an event, 15 takes
minutes (``-o faulthandler_timeout=0``) and makes more than 50,000.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from support import naive
from support.conditions import conditions
from support.examples import examples
from support.given_events import events
from support.naive_rules import Written
from support.rule_files import rule_files

from tiercel import compiler
from tiercel._core.api.evaluator import Evaluator
from tiercel._core.eval.program_build import RuleProgram
from tiercel._core.state.process_table import ProcessTable
from tiercel.compiler.planner.cost_model import FREE
from tiercel.lang import parse
from tiercel.rules import load_text

TIMES = int(os.environ.get("TIERCEL_DIFFERENTIAL", "1"))
TABLE = ProcessTable(64)
QUIET = settings(deadline=None, suppress_health_check=list(HealthCheck))


def evaluator(written: Written, **options: Any) -> Evaluator:
    """The rules compiled, each of which is to match on its own."""
    text = "\n".join(f"- {json.dumps(item)}" for item in written.items())
    compiled = compiler.compile(load_text(text), **options)
    assert compiled.program is not None
    return Evaluator(RuleProgram(compiled.program), TABLE, rule_matching="all")


def both(written: Written) -> tuple[Evaluator, Evaluator]:
    """The rules compiled, with plans that find all that have a witness, and without plans."""
    text = "\n".join(f"- {json.dumps(item)}" for item in written.items())
    program = compiler.link(compiler.check_rules(load_text(text)), costs=FREE).program
    assert program is not None
    planned, plain = (
        Evaluator(RuleProgram(made), TABLE, rule_matching="all") for made in (program, replace(program, plans={}))
    )
    return planned, plain


def show(written: Written, mapping: dict[str, Any]) -> str:
    lines = [json.dumps(item) for item in written.items()]
    return "\n".join([*lines, repr({name: value for name, value in mapping.items() if value is not None})])


@settings(QUIET, max_examples=examples(70 * TIMES))
@given(rule_files(), events())
def test_all_rules_match_what_the_reference_says(written: Written, mappings: list[dict[str, Any]]) -> None:
    evaluate = evaluator(written)
    for mapping in mappings:
        found = {alert.rule: alert.binding for alert in evaluate.evaluate_fields(mapping)}
        assert found == written.matching(mapping), show(written, mapping)


@settings(QUIET, max_examples=examples(70 * TIMES))
@given(rule_files(), events())
def test_plans_leave_out_nothing_that_matches(written: Written, mappings: list[dict[str, Any]]) -> None:
    planned, plain = both(written)
    for mapping in mappings:
        found, expected = (
            [(alert.rule, alert.binding, alert.values) for alert in evaluate.evaluate_fields(mapping)]
            for evaluate in (planned, plain)
        )
        assert found == expected, show(written, mapping)


@pytest.mark.parametrize("binding", ["requested", "resolved"])
@settings(QUIET, max_examples=examples(40 * TIMES))
@given(conditions(), events())
def test_one_binding_alone(binding: Any, text: str, mappings: list[dict[str, Any]]) -> None:
    evaluate = evaluator(Written(rules=[(text, [])]), path_matching=binding)
    tree = parse(text)
    for mapping in mappings:
        assert bool(evaluate.evaluate_fields(mapping)) is naive.holds(tree, mapping, binding), f"{text}\n{mapping}"


def test_conditions_are_often_true_and_often_false() -> None:
    """Pairs that all have one outcome would test nothing."""
    outcomes: list[bool] = []

    @settings(QUIET, max_examples=150, database=None, derandomize=True)
    @given(conditions(), events())
    def collect(text: str, mappings: list[dict[str, Any]]) -> None:
        tree = parse(text)
        outcomes.extend(naive.holds(tree, mapping) for mapping in mappings)

    collect()
    assert 0.2 < sum(outcomes) / len(outcomes) < 0.8
