# SPDX-License-Identifier: Apache-2.0
"""Three-valued evaluation: what comes out of rules while something is not known of an event's container."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import naive
from support.compiling import indexed, rule
from support.conditions import conditions
from support.examples import examples
from support.given_events import events

from tiercel._core.api.evaluator import Evaluator
from tiercel._core.eval.program_build import RuleProgram
from tiercel._core.state.process_table import ProcessTable
from tiercel._core.testing._testing import decision, outcomes, without
from tiercel.compiler.ir.program import FALSE, TRUE, CompiledCheck, Program
from tiercel.lang import parse
from tiercel.schema.names import EVENT_BY_NAME

TABLE = ProcessTable(64)
NAMES = 2  # PART_NAMES: users and groups inside the container
QUIET = settings(deadline=None, suppress_health_check=list(HealthCheck))
# Fields of the generated conditions, and the fields that are put in their place.
STAND_INS = {"proc.pname": "user.homedir", "user.name": "user.name", "proc.cmdline": "user.homedir"}


def evaluator(program: Program, matching: Any = "all") -> Evaluator:
    return Evaluator(RuleProgram(program), TABLE, rule_matching=matching)


def depends(check: CompiledCheck) -> bool:
    return any(name in str(check) for name in STAND_INS.values())


def holds(program: Program, root: int, fields: Mapping[str, Any], binding: str, guesses: Mapping[Any, bool]) -> bool:
    """Follow the program, with the outcomes of some checks as they are guessed."""
    while root not in (TRUE, FALSE):
        node = program.nodes[root]
        check = program.checks[node.check]
        cell = (node.check, binding if check_has_path(check) else "")
        truth = guesses[cell] if cell in guesses else naive.holds(parse(str(check)), fields, binding)
        root = node.on_true if truth else node.on_false
    return root == TRUE


def check_has_path(check: CompiledCheck) -> bool:
    return any(name in str(check) for name in ("fd.name", "fd.directory", "fs.path.name", "evt.arg"))


def expected(program: Program, fields: Mapping[str, Any]) -> list[bool | str | None]:
    """The result of each entry over all outcomes of the checks that depend on missing metadata."""
    found: list[bool | str | None] = []
    for entry in program.entries[EVENT_BY_NAME[fields["evt.type"]].code]:
        cells = sorted(
            {
                (number, binding if check_has_path(check) else "")
                for number, check in enumerate(program.checks)
                if depends(check) and reached(program, entry.root, number)
                for binding in ("requested", "resolved")
            }
        )
        results = set()
        for outcome in itertools.product((False, True), repeat=len(cells)):
            guesses = dict(zip(cells, outcome, strict=True))
            fitting = (one for one in ("requested", "resolved") if holds(program, entry.root, fields, one, guesses))
            results.add(next(fitting, ""))
        if len(results) == 1:
            found.append(results != {""})
        else:
            found.append(None if "" in results else "either")
    return found


def reached(program: Program, root: int, check: int) -> bool:
    todo, seen = [root], set()
    while todo:
        at = todo.pop()
        if at in seen or at in (TRUE, FALSE):
            continue
        seen.add(at)
        if program.nodes[at].check == check:
            return True
        todo += [program.nodes[at].on_true, program.nodes[at].on_false]
    return False


def of_containers(text: str) -> str:
    for name, other in STAND_INS.items():
        text = text.replace(name, other)
    return text


def in_container(event: dict[str, Any]) -> dict[str, Any]:
    return {STAND_INS.get(name, name): value for name, value in event.items()}


@settings(QUIET, max_examples=examples(150))
@given(conditions(), events())
def test_outcomes_are_those_of_all_guesses(text: str, mappings: list[dict[str, Any]]) -> None:
    program = indexed(rule(of_containers(text)))
    if sum(map(depends, program.checks)) > 5:
        return
    evaluate = evaluator(program)
    for mapping in map(in_container, mappings):
        if EVENT_BY_NAME[mapping["evt.type"]].code not in program.entries:
            continue
        assert outcomes(evaluate, mapping, NAMES) == expected(program, mapping), f"{text}\n{mapping}"
        assert None not in outcomes(evaluate, mapping, 0)


@settings(QUIET, max_examples=examples(150))
@given(conditions(), events(), st.booleans())
def test_what_is_decided_comes_out_whatever_the_values_are(
    text: str, mappings: list[dict[str, Any]], skip: bool
) -> None:
    evaluate = evaluator(indexed(rule(of_containers(text))))
    for mapping in map(in_container, mappings):
        if EVENT_BY_NAME[mapping["evt.type"]].code not in evaluate.program.wanted:
            continue
        (outcome,) = outcomes(evaluate, mapping, NAMES)
        known = bool(evaluate.evaluate_fields(mapping))
        assert outcome is None or bool(outcome) == known, text
        missing = {name: value for name, value in mapping.items() if name not in STAND_INS.values()}
        bare = bool(evaluate.evaluate_fields(missing))
        alerts, _ = without(evaluate, missing, NAMES, skip=skip)
        assert [alert.is_uncertain for alert in alerts] == (
            [outcome is None] if bare and not (skip and outcome is None) else []
        )


@settings(QUIET, max_examples=examples(60))
@given(st.lists(conditions(), min_size=1, max_size=6), events(), st.sampled_from(["first", "all"]), st.booleans())
def test_plans_change_no_verdict(texts: list[str], mappings: list[dict[str, Any]], matching: str, behind: bool) -> None:
    rules = (rule(of_containers(text), f"r{number}") for number, text in enumerate(texts))
    program = indexed(*rules)
    planned, plain = evaluator(program, matching), evaluator(replace(program, plans={}), matching)
    for mapping in map(in_container, mappings):
        if EVENT_BY_NAME[mapping["evt.type"]].code in program.entries:
            decisions = {decision(one, mapping, NAMES, behind=behind) for one in (planned, plain)}
            assert len(decisions) == 1, texts
            # Nothing of it is left for the next event.
            found = [[alert.rule for alert in one.evaluate_fields(mapping)] for one in (planned, plain)]
            assert found[0] == found[1], texts


CAT = {"evt.type": "openat", "proc.name": "cat", "fd.name": "/etc/shadow"}


@pytest.mark.parametrize(
    ("condition", "outcome"),
    [
        ("proc.name = cat", True),
        ("proc.name = dog and user.name = a", False),
        ("proc.name = cat and user.name = a", None),
        ("proc.name = cat or user.name = a", True),
        ("proc.name = cat and not user.name in (a, b)", None),
        ("user.name = a or not user.name = a", True),
        ("(user.name = a and proc.name = cat) or (user.name = a and proc.name = dog)", None),
        ("(user.name = a or proc.name = dog) and (not user.name = a or proc.name = dog)", False),
    ],
)
def test_outcomes(condition: str, outcome: bool | None) -> None:
    evaluate = evaluator(indexed(rule(f"evt.type = openat and ({condition})")))
    assert outcomes(evaluate, CAT, NAMES) == [outcome]
    assert decision(evaluate, CAT, NAMES) == {None: "later", True: "now", False: "nothing"}[outcome]
    assert decision(evaluate, CAT, NAMES, behind=True) == ("nothing" if outcome is False else "later")


def test_a_rule_too_involved_counts_as_open() -> None:
    """Guesses grow with two to the power of the checks, and are given up."""
    many = " and ".join(f"(user.name = a{n} or user.homedir = b{n} or proc.name = cat)" for n in range(60))
    assert outcomes(evaluator(indexed(rule(f"evt.type = openat and ({many}) and proc.name = dog"))), CAT, NAMES) == [
        False
    ]
    many = " and ".join(f"(user.name = a{n} or user.homedir = b{n})" for n in range(60))
    evaluate = evaluator(indexed(rule(f"evt.type = openat and ({many})")))
    assert outcomes(evaluate, CAT, NAMES) == [None]


def test_what_an_output_prints_is_waited_for() -> None:
    evaluate = evaluator(indexed(rule("evt.type = openat and proc.name = cat", output="'%user.name'")))
    assert decision(evaluate, CAT, NAMES) == "later"
    assert decision(evaluate, {**CAT, "proc.name": "dog"}, NAMES) == "nothing"
    assert decision(evaluate, CAT, 0) == "now"
    assert without(evaluate, CAT, NAMES)[1] == (0, 0, 1)


def test_the_first_rule_that_matches_is_enough() -> None:
    rules = (
        rule("evt.type = openat and proc.name = cat", "a"),
        rule("evt.type = openat and user.name = x", "b"),
    )
    assert decision(evaluator(indexed(*rules), "first"), CAT, NAMES) == "now"
    assert decision(evaluator(indexed(*rules), "all"), CAT, NAMES) == "later"
    assert decision(evaluator(indexed(*reversed(rules)), "first"), CAT, NAMES) == "later"


def test_a_rule_that_does_not_count_lets_the_next_one_match() -> None:
    rules = (
        rule("evt.type = openat and not user.name in (x, y)", "a"),
        rule("evt.type = openat and proc.name = cat", "b"),
    )
    evaluate = evaluator(indexed(*rules), "first")
    alerts, counts = without(evaluate, CAT, NAMES)
    assert [(alert.rule, alert.is_uncertain) for alert in alerts] == [(0, True)]
    assert counts == (1, 0, 0)
    alerts, counts = without(evaluate, CAT, NAMES, skip=True)
    assert [(alert.rule, alert.is_uncertain) for alert in alerts] == [(1, False)]
    assert counts == (1, 1, 0)
