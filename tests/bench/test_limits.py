# SPDX-License-Identifier: Apache-2.0
"""Speed limits, and their comparison with a run."""

from __future__ import annotations

import re

import pytest
from support.live import REPOSITORY

from tiercel.bench.limits import LIMITS, verdicts
from tiercel.bench.parts import PARTS
from tiercel.bench.results import Figure
from tiercel.bench.tables import verdicts_text


@pytest.mark.parametrize(("value", "kept"), [(1.0, True), (1.25, True), (1.26, False)])
def test_at_most(value: float, kept: bool) -> None:
    (verdict,) = verdicts([Figure("live", "openat+close: default rules", "ratio", "x", (value,))])
    assert verdict.kept is kept
    assert verdict.to_dict()["kept"] is kept
    assert ("BEYOND" in verdicts_text([verdict])) is not kept


def test_at_least() -> None:
    figures = [
        Figure("replay", case, "rate", "M events/s", (rate,))
        for case, rate in (("packaged rules", 3.5), ("own rules", 2))
    ]
    assert [verdict.kept for verdict in verdicts(figures)] == [True, False]
    assert "at least 3" in verdicts_text(verdicts(figures))


def test_others_and_what_was_not_measured_is_passed_over() -> None:
    other = Figure("live", "openat+close: default rules", "ratio", "x", (9.0,), installation="against")
    assert verdicts([other, Figure("live", "getppid: no sensor", "time", "ns", (9.0,))]) == []


def test_every_limit_is_about_a_part() -> None:
    names = {part.name for part in PARTS}
    assert {limit.part for limit in LIMITS} == names


def test_the_guide_has_every_bound() -> None:
    guide = (REPOSITORY / "docs/performance.md").read_text()
    table = guide[guide.index("## Limits") :]
    for limit in LIMITS:
        bound = limit.most if limit.most is not None else limit.least
        assert bound is not None
        assert bound == 0 or re.search(rf"\b{re.escape(f'{bound:g}')}\b", table), limit
