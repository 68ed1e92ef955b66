# SPDX-License-Identifier: Apache-2.0
"""Event types of conditions, as Falco works them out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support import vectors

from tiercel.compiler.events import ALL, EventSetError, code_count, event_set, names_of
from tiercel.lang import parse
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
            assert raises(case["filter"]) is case["throws"], case
        elif "same_event_set_as" in case:
            assert names(case["filter"]) == names(case["same_event_set_as"]), case
        else:
            assert names(case["filter"]) == meant(case["event_set"]), case


def raises(condition: str) -> bool:
    try:
        event_set(parse(condition))
    except EventSetError:
        return True
    return False


def meant(text: Any) -> frozenset[str]:
    if text in {"all", "none"}:
        return names_of(ALL) if text == "all" else frozenset()
    if text.startswith("all except "):
        return names_of(ALL) - set(text.removeprefix("all except ").split(" and "))
    return frozenset(text.split("+"))


def test_a_call_without_an_event_of_its_own_is_generic() -> None:
    assert names("evt.type = acct") == {"syscall"}
    with pytest.raises(EventSetError) as caught:
        event_set(parse("evt.type = opne"))
    assert caught.value.finding.code == "E208"


def test_codes_are_counted_as_falco_counts() -> None:
    assert code_count(ALL) == 454
    assert code_count(event_set(parse("evt.type in (open, execve)"))) == 18


def test_every_event_of_the_schema_has_a_known_name_or_is_a_system_call() -> None:
    known = set(EVENT_CODES) | SYSCALL_NAMES
    assert {event.name for event in EVENTS if not event.internal} <= known
    assert not set(EVENT_CODES) & SYSCALL_NAMES
