# SPDX-License-Identifier: Apache-2.0
"""Wording, collection and rendering of diagnostics."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from tiercel import Ruleset
from tiercel.errors import RulesError
from tiercel.lang.diagnostics import MAX_FINDINGS, Note, Report, diagnose, note, show
from tiercel.lang.text import Text
from tiercel.lang.wording import WORDING

SOURCE = Path(__file__).parents[2] / "src" / "tiercel"


def finding(text: str, start: int, end: int, **values: str):  # type: ignore[no-untyped-def]
    return diagnose("E201", Text.of(text, "rules.yaml").span(start, end), **({"field": "x", "suggestion": ""} | values))


def test_rendering_marks_the_place() -> None:
    found = finding("first\n\tsecond bad\n", 14, 17, field="proc.nme", suggestion="did you mean `proc.name`?")
    assert found.render().split("\n") == [
        "error[E201]: there is no field `proc.nme`",
        " --> rules.yaml:2:9",
        "2 | \tsecond bad",
        "  | \t       ^^^",
        "   = help: did you mean `proc.name`?",
    ]
    assert str(found) == found.render()


def test_a_span_over_several_lines_is_marked_to_the_end_of_the_first() -> None:
    found = finding("one two\nthree", 4, 13)
    assert (found.line, found.column, found.length) == (1, 5, 3)


def test_a_long_line_is_cut_around_the_mark() -> None:
    line = "x" * 1000 + "BAD" + "y" * 1000
    found = finding(line, 1000, 1003)
    assert found.column == 1001
    rendered = found.render().split("\n")
    snippet, marks = rendered[2], rendered[3]
    assert len(snippet) < 170
    assert snippet[marks.index("^") : marks.rindex("^") + 1] == "BAD"
    assert snippet.startswith("1 | …")
    assert snippet.endswith("…")


def test_control_characters_of_a_file_never_reach_the_terminal() -> None:
    found = finding("a \x1b[31mred\x07", 2, 3)
    assert "\x1b" not in found.render()
    assert "\x07" not in found.render()
    assert show("a\x1bb\nc\td\u202e") == "a\\x1bb\\nc\\td\\u202e"
    assert len(show("x" * 500)) == 60


def test_notes_and_json() -> None:
    text = Text.of("abc", "f")
    found = diagnose("W503", text.span(), name="m")
    assert found.severity == "warning"
    assert str(note("used here", text.span(1, 2))) == "used here (f:1:2)"
    data = found.to_dict()
    assert data["falco_code"] == "LOAD_UNUSED_MACRO"
    assert data["notes"] == []
    assert Note("t", "f", 1, 2).line == 1


def test_a_report_keeps_equal_findings_once() -> None:
    report = Report()
    span = Text.of("abc").span()
    for name in ("m", "m", "n"):
        report.add("W503", span, name=name)
    report.add("E202", span, name="m", suggestion="")
    assert len(report) == 3
    assert (report.errors, report.warnings) == (1, 2)


def test_a_report_is_bounded_and_says_so() -> None:
    report = Report()
    span = Text.of("abc").span()
    for number in range(MAX_FINDINGS + 50):
        report.add("E202", span, name=f"m{number}", suggestion="")
        report.add("W503", span, name=f"m{number}")
    assert len(report) == 2 * MAX_FINDINGS + 2
    assert [found.code for found in report][-2:] == ["E146", "W518"]


@pytest.mark.parametrize("code", sorted(WORDING))
def test_wording(code: str) -> None:
    row = WORDING[code]
    assert re.fullmatch(r"E[12]\d\d|[WN]5\d\d|E61\d", code)
    assert row.text
    assert not row.text.endswith(".")
    assert row.falco is None or row.falco.startswith("LOAD_")
    for template in (row.text, row.hint):
        list(string.Formatter().parse(template))


def test_every_code_is_used_and_every_used_code_is_worded() -> None:
    folders = ("lang", "rules", "compiler", "testing")
    sources = [path.read_text() for folder in folders for path in (SOURCE / folder).rglob("*.py")]
    outside_table = [text for text in sources if "ROWS: Final" not in text]
    used = set(re.findall(r'"((?:E[12]\d|[WN]5\d|E61)\d)"', "\n".join(outside_table)))
    assert used == set(WORDING)


@pytest.mark.parametrize(
    ("condition", "found"), [("proc.name contains", "the end"), ("(proc.name startswith) and evt.type = open", "`)`")]
)
def test_an_operator_without_a_value(condition: str, found: str) -> None:
    """The word is an operator; what is missing is its value."""
    text = f"- {{rule: r, desc: d, condition: '{condition}', output: o, priority: INFO}}"
    with pytest.raises(RulesError) as caught:
        Ruleset.loads(text)
    (diagnostic,) = caught.value.diagnostics
    assert (diagnostic.code, f"found {found}" in diagnostic.text) == ("E127", True)
    assert "write a word, or text in quotes" in (diagnostic.hint or "")
