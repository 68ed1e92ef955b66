# SPDX-License-Identifier: Apache-2.0
"""The compiler's abstract values of fields, compared with the values that the core reads from records."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from support.core import capturing, field_ref
from support.facts import LIVE, facts, make_record, record_of

from tiercel._core.api.evaluator import Evaluator
from tiercel._core.state.process_table import ProcessTable
from tiercel.compiler.kernel_filter.abstract_values import ValueSet, cases_of
from tiercel.compiler.kernel_filter.atoms import mask
from tiercel.compiler.kernel_filter.dnf import Conjunction
from tiercel.compiler.kernel_filter.event_traits import is_filtered, traits_of
from tiercel.schema.fields import FIELDS
from tiercel.schema.names import EVENT_BY_CODE

FIELD_NAMES = tuple(
    field.name
    for field in FIELDS
    if "alone" in field.forms and not field.filter_only and field.name.startswith(("evt.", "fd.", "fs.", "user.uid"))
)
TESTED = (*FIELD_NAMES, "evt.rawarg.res", "evt.rawarg.fd")


def holds(clause: Conjunction, true: int) -> bool:
    return not clause.must & ~true and not clause.must_not & true


def fits(values: ValueSet | None, value: Any) -> bool:
    if value is None or values is None:
        return (values is None) == (value is None) or (values is not None and values.may_be_missing)
    value = value.encode() if isinstance(value, str) else value
    if values.few is not None:
        return value in values.few
    if values.low is not None and values.high is not None:
        return values.low <= _number(value) <= values.high
    return value not in values.never


def _number(value: Any) -> int:
    """Some results are printed as digits of their 64 bits."""
    if not isinstance(value, bytes):
        return int(value)
    number = int(value, 16)
    return number - (1 << 64) if number >> 63 else number


def check(evaluator: Evaluator, record: bytes) -> None:
    (alert,) = evaluator.feed(record)
    code = int.from_bytes(record[4:6], "little")
    traits, true = traits_of(code), mask(*facts(record))
    for name, value in zip(TESTED, alert.values, strict=True):
        cases = cases_of(field_ref(name), traits)
        if cases is None or isinstance(value, (list, tuple)):
            continue
        possible = [case.values for case in cases if holds(case.clause, true)]
        assert any(fits(values, value) for values in possible), (
            EVENT_BY_CODE[code].name,
            name,
            value,
            sorted(atom.name for atom in facts(record)),
            possible,
        )


@pytest.fixture(scope="module")
def evaluator() -> Evaluator:
    return Evaluator(capturing(*TESTED), ProcessTable(64), rule_matching="all")


@pytest.mark.parametrize("row", [row for row in LIVE if is_filtered(row.code)], ids=lambda row: row.ident)
def test_values_are_what_the_cases_say(evaluator: Evaluator, row: Any) -> None:
    random = Random(row.code)
    for _ in range(40):
        check(evaluator, record_of(row, random))


def test_values_of_events_that_open(evaluator: Evaluator) -> None:
    random = Random(5)
    for _ in range(3000):
        check(evaluator, make_record(random))


def test_cases_cover_every_event() -> None:
    """Whatever is true of an event, one case holds: else values would be denied that nothing is known of."""
    random = Random(7)
    for _ in range(2000):
        record = make_record(random)
        true, traits = mask(*facts(record)), traits_of(int.from_bytes(record[4:6], "little"))
        for name in TESTED:
            cases = cases_of(field_ref(name), traits)
            assert cases is None or any(holds(case.clause, true) for case in cases), name
