# SPDX-License-Identifier: Apache-2.0
"""Event types of conditions, as Falco works them out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support import vectors

from tiercel.compiler.frontend.falco_event_sets import ALL, code_count, event_set, names_of, problems_of
from tiercel.lang import parse
from tiercel.lang.ast import Check, leaves
from tiercel.schema.events import EVENTS
from tiercel.schema.known_events import EVENT_CODES, SYSCALL_NAMES


def names(condition: str) -> frozenset[str]:
    return names_of(event_set(parse(condition)))


@pytest.mark.shared
def test_cases_of_the_reference(shared_dir: Path) -> None:
    cases = vectors.load(shared_dir, "filter_event_sets")["cases"]
    assert len(cases) == 175
    for case in cases:
        if "throws" in case:
            assert bool(problems(case["filter"])) is case["throws"], case
        elif "same_event_set_as" in case:
            assert names(case["filter"]) == names(case["same_event_set_as"]), case
        else:
            assert names(case["filter"]) == meant(case["event_set"]), case


def problems(condition: str) -> list[str]:
    found = (problems_of(leaf) for leaf in leaves(parse(condition)) if isinstance(leaf, Check))
    return [finding.code for findings in found for finding in findings]


def meant(text: Any) -> frozenset[str]:
    if text in {"all", "none"}:
        return names_of(ALL) if text == "all" else frozenset()
    if text.startswith("all except "):
        return names_of(ALL) - set(text.removeprefix("all except ").split(" and "))
    return frozenset(text.split("+"))


def test_a_call_without_an_event_of_its_own_is_generic() -> None:
    assert names("evt.type = acct") == {"syscall"}


@pytest.mark.parametrize(
    ("condition", "codes"),
    [
        ("evt.type = opne", ["E208"]),
        ("syscall.type != opne", ["E208"]),
        ("evt.type in (opne, open, clsoe)", ["E208", "E208"]),
        ("evt.type contains opne", []),
        ("evt.type = oneof (opne)", []),
        ("evt.type intersects (opne)", []),
        ("tolower(evt.type) = open", ["E215"]),
        ("join(',', ('a', toupper(evt.type))) in (open)", ["E215"]),
        ("tolower(evt.type) exists", ["E215"]),
        ("tolower(evt.type) contains open", []),
        ("evt.type = val(proc.name)", ["E215"]),
        ("evt.type in tolower(proc.name)", ["E215"]),
        ("evt.type contains val(proc.name)", []),
        ("proc.name = val(evt.type)", []),
        ("proc.name = tolower(evt.type)", []),
    ],
)
def test_what_names_no_event(condition: str, codes: list[str]) -> None:
    assert problems(condition) == codes


@pytest.mark.parametrize(
    ("condition", "events"),
    [
        ("evt.num = 0", "none"),
        ("not evt.num = 0", "all"),
        ("evt.num = 000000000000000000000007", "all"),
        ("not evt.num = 000000000000000000000007", "all"),
        ("evt.num in (0, 00)", "none"),
        ("evt.num in ()", "none"),
        ("evt.num in (0, 1)", "all"),
        ("evt.num < 1", "none"),
        ("evt.num < 2", "all"),
        ("not evt.num >= 1", "none"),
        ("evt.num > -1", "all"),
        ("not evt.num > -1", "all"),
        ("not evt.num > 0x0", "all"),
        ("evt.num exists", "all"),
        ("not evt.num exists", "all"),
        ("not evt.num > val(evt.num)", "all"),
    ],
)
def test_the_number_of_an_event(condition: str, events: str) -> None:
    assert names(condition) == meant(events)


def test_codes_are_counted_as_falco_counts() -> None:
    assert code_count(ALL) == 454
    assert code_count(event_set(parse("evt.type in (open, execve)"))) == 18


def test_every_event_of_the_schema_has_a_known_name_or_is_a_system_call() -> None:
    known = set(EVENT_CODES) | SYSCALL_NAMES
    assert {event.name for event in EVENTS if not event.internal} <= known
    assert not set(EVENT_CODES) & SYSCALL_NAMES
