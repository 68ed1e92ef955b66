# SPDX-License-Identifier: Apache-2.0
"""The published cases of Falco's own engine: events go in, the state and what rules see of it are as expected.

A case that something here cannot do, or that fails, is on the list of waiting cases, with the reason; one that is on
the list and passes is an error, so that the list only shrinks.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support import injection_replay, injection_waiting, live, vectors
from support.injection import Run
from support.injection_views import Unknown

from tiercel.errors import RulesError

Json = Any


@pytest.fixture(scope="module")
def events(shared_dir: Path) -> dict[int, Json]:
    rows = json.loads((shared_dir / "spec" / "events.json").read_text())
    return {row["code"]: row for row in rows}


def name_of(case: Json) -> str:
    return f"{Path(case['origin']).name.partition('.')[0]}-{case['name']}"


def cases() -> Iterator[Json]:
    if live.shared_problem():
        return
    for case in vectors.load(live.SHARED, "injection")["tests"]:
        yield pytest.param(case, id=name_of(case))


def outcome(steps: Iterator[Json]) -> str:
    """Return what went wrong first: an empty text if nothing did."""
    expectation: Json = None
    try:
        for step, does in steps:
            expectation = step
            does()
    except Unknown as problem:
        return f"not known: {problem}"
    except (AssertionError, RulesError) as problem:
        return f"{json.dumps(expectation)[:200]}: {problem}"
    return ""


def settle(problem: str, waiting: str | None) -> None:
    if waiting is None:
        assert not problem, problem
    else:
        assert problem, "passes, and is still on the list of those that wait"


@pytest.mark.parametrize("case", list(cases()))
def test_state(case: Json, events: dict[int, Json]) -> None:
    settle(outcome(Run(events, case).steps()), injection_waiting.STATE.get(name_of(case)))


@pytest.mark.parametrize("case", list(cases()))
def test_rules(case: Json, events: dict[int, Json], tmp_path: Path) -> None:
    questions = injection_replay.Questions(case, events, tmp_path / "case.scap")
    settle(outcome(questions.steps()), injection_waiting.RULES.get(name_of(case)))


def test_lists_name_cases(shared_dir: Path) -> None:
    names = {name_of(case) for case in vectors.load(shared_dir, "injection")["tests"]}
    assert set(injection_waiting.STATE) | set(injection_waiting.RULES) <= names
