# SPDX-License-Identifier: Apache-2.0
"""Several rules, and several things that are not known: what is evaluated at once alerts as it would have later."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.compiling import indexed, rule
from support.examples import examples

from tiercel._core.api.evaluator import Evaluator
from tiercel._core.eval.program_build import RuleProgram
from tiercel._core.state.process_table import ProcessTable
from tiercel._core.testing._testing import decision, outcomes, without
from tiercel.compiler.ir.program import FALSE, TRUE, CompiledCheck, Node, Read

Draw: TypeAlias = Callable[[st.SearchStrategy[Any]], Any]

TABLE = ProcessTable(64)
INFO, NAMES, POD, DETAILS = PARTS = (1, 2, 4, 8)
FIELDS = dict(zip(PARTS, ("container.image", "user.name", "k8smeta.pod.name", "container.ip"), strict=True))
METADATA = st.sampled_from(tuple(FIELDS.values()))
PATHS = ("/req", "a", {"requested": "/req", "resolved": "/res"}, {"requested": "/x", "resolved": "/res"})
LEAVES = st.one_of(
    METADATA.map("{} = a".format),
    METADATA.map("{} != b".format),
    METADATA.map("not {} in (a, b)".format),
    METADATA.map("fd.name = val({})".format),
    st.sampled_from(["fd.name = /req", "fd.name = /res", "fd.name startswith /r", "proc.name = cat"]),
)
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(lambda terms: "({})".format(") and (".join(terms))),
        st.lists(inner, min_size=2, max_size=3).map(lambda terms: "({})".format(") or (".join(terms))),
        inner.map("not ({})".format),
    ),
    max_leaves=6,
)
OUTPUTS = st.sampled_from(["%proc.name", "%user.name", "%container.image", "%fd.name"])


def evaluator(*rules: tuple[str, str], matching: Any = "all") -> Evaluator:
    texts = (
        rule(f"evt.type = openat and ({condition})", f"r{number}", output=f"'{output}'")
        for number, (condition, output) in enumerate(rules)
    )
    return Evaluator(RuleProgram(indexed(*texts)), TABLE, rule_matching=matching)


def alerts(evaluate: Evaluator, fields: Mapping[str, Any], unknown: int, *, skip: bool) -> tuple[Any, ...]:
    """The alerts: rule, printed values, the binding among them, and whether the match is uncertain."""
    found, _ = without(evaluate, fields, unknown, skip=skip)
    return tuple((alert.rule, tuple(alert.values), alert.is_uncertain) for alert in found)


@st.composite
def situations(draw: Draw) -> tuple[dict[str, Any], int, int]:
    """An event, what is waited for, and what is missing for good."""
    event = {
        "evt.type": "openat",
        "proc.name": draw(st.sampled_from(["cat", "dog"])),
        "fd.name": draw(st.sampled_from(PATHS)),
    }
    waiting, missing = draw(st.integers(0, 15)), draw(st.integers(0, 15))
    for part, name in FIELDS.items():
        if not (waiting | missing) & part:
            event[name] = draw(st.sampled_from("ab"))
    return event, waiting, missing & ~waiting


@settings(deadline=None, max_examples=examples(250), suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.tuples(CONDITIONS, OUTPUTS), min_size=1, max_size=4),
    st.lists(situations(), min_size=1, max_size=4),
    st.sampled_from(["first", "all"]),
    st.booleans(),
)
def test_what_is_evaluated_at_once_alerts_as_it_would_later(
    rules: list[tuple[str, str]], found: list[tuple[dict[str, Any], int, int]], matching: str, skip: bool
) -> None:
    evaluate = evaluator(*rules, matching=matching)
    for event, waiting, missing in found:
        what = decision(evaluate, event, waiting, missing=missing, skip=skip)
        if what == "later":
            continue
        now = alerts(evaluate, event, waiting | missing, skip=skip)
        assert what == "now" or not now
        parts = [part for part in PARTS if waiting & part]
        for values in itertools.product(("a", "b", None), repeat=len(parts)):
            metadata = {FIELDS[part]: value for part, value in zip(parts, values, strict=True) if value is not None}
            assert alerts(evaluate, event | metadata, missing, skip=skip) == now, f"{event} {metadata}"


CAT = {"evt.type": "openat", "proc.name": "cat", "fd.name": "/x"}
LINK = {**CAT, "fd.name": {"requested": "/req", "resolved": "/res"}}


def test_a_rule_that_does_not_count_decides_nothing() -> None:
    """The first rule would match as its image is missing for good, which is skipped: the second one may match."""
    evaluate = evaluator(("not container.image in (a, b)", "o"), ("user.name = a", "o"), matching="first")
    assert decision(evaluate, CAT, NAMES, missing=INFO, skip=True) == "later"
    assert decision(evaluate, CAT, NAMES, missing=INFO) == "now"
    evaluate = evaluator(("not container.image in (a, b)", "o"), matching="first")
    assert decision(evaluate, CAT, 0, missing=INFO, skip=True) == "now", "it is to be counted"
    assert decision(evaluate, CAT, 0, missing=INFO, behind=True, skip=True) == "now", (
        "there is no alert to keep in order"
    )
    assert decision(evaluate, CAT, 0, missing=INFO, behind=True) == "later"


@pytest.mark.parametrize("skip", [False, True])
def test_what_comes_may_make_a_match_certain(skip: bool) -> None:
    evaluate = evaluator(("not container.image in (a, b) or user.name = a", "o"))
    assert decision(evaluate, CAT, NAMES, missing=INFO, skip=skip) == "later"
    assert decision(evaluate, {**CAT, "user.name": "a"}, 0, missing=INFO, skip=skip) == "now"


@pytest.mark.parametrize(
    ("condition", "outcome"),
    [
        # It matches in any case, but the alert says under which binding.
        ("fd.name = /req and user.name = a or fd.name = /res", "either"),
        ("fd.name = /req or fd.name = /res and user.name = a", True),
        ("fd.name = /res and (user.name = a or not user.name = a)", True),
        # One outcome for both bindings where the check looks at no path, one for each where it does.
        ("fd.name = /req and user.name = a or fd.name = /res and not user.name = a", "either"),
        (
            "fd.name = /req and fd.name = val(user.name) or fd.name = /res and not fd.name = val(user.name)",
            None,
        ),
        ("fd.name = /x and user.name = a or fd.name = /y and not user.name = a", False),
        ("(fd.name = /req and user.name = a or fd.name = /res and user.name = b) and not user.name = a", None),
        ("(fd.name = /req and user.name = a or fd.name = /res and user.name = a) and not user.name = a", False),
    ],
)
def test_outcomes_under_two_bindings(condition: str, outcome: bool | str | None) -> None:
    evaluate = evaluator((condition, "o"))
    assert outcomes(evaluate, LINK, NAMES) == [outcome]


def chain(length: int, last: tuple[int, int], ends: bool) -> list[bool | str | None]:
    """The result of a chain of unknown checks: a false one leads on, or out if it ``ends`` the chain."""
    names = " or ".join(f"user.name = {'a' * count}" for count in range(1, length + 1))
    program = indexed(rule(f"evt.type = openat and ({names} or fd.name = /x)"))
    checks = [CompiledCheck(Read("user.name"), "eq", (b"a" * count,)) for count in range(1, length + 1)]
    nodes = [Node(at, at + 1, FALSE if ends else at + 1) for at in range(length)]
    nodes.append(Node(0, *last))
    entries = {code: tuple(replace(entry, root=0) for entry in row) for code, row in program.entries.items()}
    made = replace(program, checks=tuple(checks), nodes=tuple(nodes), entries=entries, plans={})
    return outcomes(Evaluator(RuleProgram(made), TABLE), CAT, NAMES)


def test_limits_of_guessing() -> None:
    """The result is open exactly where the conditions are too involved."""
    assert chain(32, (FALSE, FALSE), ends=True) == [False]
    assert chain(33, (FALSE, FALSE), ends=True) == [None]
    assert chain(9, (TRUE, TRUE), ends=False) == [True]
    assert chain(9, (FALSE, FALSE), ends=False) == [False]
    assert chain(11, (TRUE, TRUE), ends=False) == [None]
    assert chain(11, (TRUE, FALSE), ends=False) == [None], "a thousand ways to the same end are not all"


def test_an_uncertain_alert_has_the_binding_that_it_matched_under() -> None:
    evaluate = evaluator(("fd.name = /req and not user.name = a or fd.name = /res and user.name = b", "o"))
    ((_, values, is_uncertain),) = alerts(evaluate, LINK, NAMES, skip=False)
    assert (values[-3:], is_uncertain) == (("requested", "/req", "/res"), True)


@pytest.mark.parametrize(("path", "found"), [("/req", [False]), ("/res", [None])])
def test_one_binding_alone(path: str, found: list[bool | None]) -> None:
    program = indexed(rule(f"evt.type = openat and fd.name = {path} and user.name = a"))
    evaluate = Evaluator(RuleProgram(program), TABLE, path_matching="resolved")
    assert outcomes(evaluate, LINK, NAMES) == found
