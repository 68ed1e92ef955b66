# SPDX-License-Identifier: Apache-2.0
"""Figures, reports, and what changed between two of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tiercel.bench.comparison import changes
from tiercel.bench.results import Figure, Report, machine
from tiercel.bench.tables import changes_text, number, report_text
from tiercel.errors import UsageError

CPU = Figure("replay", "93 rules", "CPU", "ns/event", (300.0, 310.0, 305.0, 900.0, 295.0))
EVENTS = Figure("replay", "93 rules", "events", "", (1419144.0,), "neither")


def test_a_figure_is_the_median_of_its_rounds() -> None:
    assert CPU.value == 305.0
    assert CPU.spread == (300.0, 310.0)
    assert EVENTS.spread == (1419144.0, 1419144.0)


def test_a_report_survives_a_file(tmp_path: Path) -> None:
    report = Report((CPU, EVENTS), machine(), {"rounds": 5}, {"live": "no privileges"})
    path = tmp_path / "report.json"
    path.write_text(report.to_json())
    assert Report.load(path) == report
    data = json.loads(path.read_text())
    assert set(data) == {"schema", "time", "machine", "settings", "skipped", "figures"}
    assert data["schema"] == 1
    assert data["figures"][0] == {
        "part": "replay",
        "case": "93 rules",
        "measure": "CPU",
        "unit": "ns/event",
        "rounds": [300.0, 310.0, 305.0, 900.0, 295.0],
        "better": "lower",
        "installation": "this",
        "value": 305.0,
    }


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": 1}', '{"schema": 99}', '{"schema": 1, "figures": [{}]}'])
def test_files_that_are_no_report(text: str, tmp_path: Path) -> None:
    path = tmp_path / "other.json"
    path.write_text(text)
    with pytest.raises(UsageError, match=r"other\.json"):
        Report.load(path)


def test_rounds_by_turns_are_compared_in_pairs() -> None:
    """A machine that is slow for two rounds is slow for both; the ratio does not notice."""
    before = Figure("replay", "93 rules", "CPU", "ns/event", (100.0, 200.0, 400.0))
    after = Figure("replay", "93 rules", "CPU", "ns/event", (50.0, 100.0, 200.0))
    (change,) = changes([before, EVENTS], [after, EVENTS], paired=True)
    assert (change.ratio, change.spread, change.verdict) == (0.5, (0.5, 0.5), "better")
    (change,) = changes([before], [after], paired=False)
    assert change.ratio == 0.5
    assert change.verdict == "", "the quartiles of both overlap"


@pytest.mark.parametrize(
    ("better", "value", "verdict"),
    [
        ("lower", 2.0, "worse"),
        ("lower", 0.5, "better"),
        ("higher", 2.0, "better"),
        ("higher", 0.5, "worse"),
        ("lower", 1.1, ""),
    ],
)
def test_a_verdict_knows_which_way_is_better(better: str, value: float, verdict: str) -> None:
    before = Figure("live", "open", "time", "ns", (1.0,), better)  # type: ignore[arg-type]
    after = Figure("live", "open", "time", "ns", (value,), better)  # type: ignore[arg-type]
    (change,) = changes([before], [after], paired=False)
    assert change.verdict == verdict


def test_a_verdict_needs_less_of_a_change_if_there_were_more_rounds() -> None:
    before, after = (Figure("live", "open", "CPU", "ns", (value,) * 5) for value in (100.0, 110.0))
    (change,) = changes([before], [after], paired=True)
    assert change.verdict == "worse"


def test_what_only_one_has_is_not_compared() -> None:
    other = Figure("replay", "3,000 rules", "CPU", "ns/event", (1.0,))
    assert changes([CPU], [other], paired=False) == []


@pytest.mark.parametrize(
    ("value", "text"),
    [(1419144.0, "1,419,144"), (305.25, "305"), (12.345, "12.3"), (1.2345, "1.23"), (0.0123, "0.0123")],
)
def test_numbers(value: float, text: str) -> None:
    assert number(value) == text


def test_tables() -> None:
    other = Figure("replay", "93 rules", "CPU", "ns/event", (610.0,), installation="against")
    text = report_text(Report((CPU, EVENTS, other), machine(), {}, {"live": "no privileges"}))
    rows = [line.split() for line in text.splitlines()]
    assert ["replay", "CPU", "ns/event", "events"] in rows
    assert ["93", "rules", "(this)", "305", "1,419,144"] in rows
    assert ["93", "rules", "(against)", "610"] in rows
    assert "live: not measured: no privileges" in text
    (line,) = changes_text(changes([other], [CPU], paired=True), "against", "this").splitlines()[1:]
    assert line.split()[3:7] == ["CPU", "610", "ns/event", "305"]
    assert line.split()[-4:] == ["-50.0%", "-50.8%", "-49.2%", "better"]
