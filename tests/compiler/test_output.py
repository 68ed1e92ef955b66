# SPDX-License-Identifier: Apache-2.0
"""Output templates."""

from __future__ import annotations

import pytest

from tiercel.compiler.output import FieldSegment, Literal, Template, parse_template
from tiercel.lang.text import Text


def parsed(text: str) -> list[str]:
    template = parse_template(Text.of(text))
    assert isinstance(template, Template), template
    return [shown(part) for part in template.segments]


def shown(part: Literal | FieldSegment) -> str:
    if isinstance(part, Literal):
        return part.text
    width = "" if part.width is None else f"{part.width}:"
    return f"<{width}{part.source}>"


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("plain", ["plain"]),
        ("a %proc.name b", ["a ", "<proc.name>", " b"]),
        ("%proc.name%proc.pid", ["<proc.name>", "<proc.pid>"]),
        ("(%proc.name)", ["(", "<proc.name>", ")"]),
        ("%proc.name: x", ["<proc.name>", ": x"]),
        ("%proc.name.", ["<proc.name>", "."]),
        ("%proc.nameand", ["<proc.name>", "and"]),
        ("%proc.aname[2]x", ["<proc.aname[2]>", "x"]),
        ("%proc.name[2]", ["<proc.name>", "[2]"]),
        ("%proc.aname", ["<proc.aname>"]),
        ("%evt.arg.flags!", ["<evt.arg.flags>", "!"]),
        ("%evt.arg[1]", ["<evt.arg[1]>"]),
        ('%proc.env["HOME"]', ["<proc.env[HOME]>"]),
        ("%proc.env[HOME]", ["<proc.env[HOME]>"]),
        ("%10proc.name|", ["<10:proc.name>", "|"]),
        ("*%proc.name", ["<proc.name>"]),
        ("a *%proc.name", ["a *", "<proc.name>"]),
        ("*", []),
        ("%0proc.name", ["<proc.name>"]),
        ("%0012proc.name", ["<12:proc.name>"]),
        ("%99999999999999999999proc.name", ["<65535:proc.name>"]),
        ("a\nb %evt.num", ["a\nb ", "<evt.num>"]),
        ("%evt.time.s", ["<evt.time.s>"]),
        ("%evt.time.x", ["<evt.time>", ".x"]),
    ],
)
def test_segments(text: str, segments: list[str]) -> None:
    assert parsed(text) == segments


@pytest.mark.parametrize(
    ("text", "code", "column"),
    [
        ("a %", "E143", 3),
        ("a %10", "E143", 3),
        ("a % b", "E144", 3),
        ("100%% x", "E144", 4),
        ("%name", "E144", 1),
        ("%fd.port", "E216", 1),
        ("%proc.nme", "E218", 2),
        ("%evt.arg", "E218", 2),
        ("%evt.arg.nosuch", "E218", 2),
        ("%tolower(proc.name)", "E219", 2),
    ],
)
def test_mistakes(text: str, code: str, column: int) -> None:
    findings = parse_template(Text.of(text))
    assert isinstance(findings, tuple)
    assert [(found.code, found.column) for found in findings] == [(code, column)]
    assert findings[0].falco == "LOAD_ERR_COMPILE_OUTPUT"


def test_all_mistakes_are_reported() -> None:
    findings = parse_template(Text.of("%proc.nme %fd.name %fd.nmae %"))
    assert isinstance(findings, tuple)
    assert [found.code for found in findings] == ["E218", "E218", "E143"]


def test_hints() -> None:
    def hint(text: str) -> str | None:
        findings = parse_template(Text.of(text))
        assert isinstance(findings, tuple)
        return findings[0].hint

    assert hint("%proc.nmae") == "did you mean `%proc.name`?".replace("%", "")
    assert hint("%cmdline") == "did you mean `%proc.cmdline`?"
    assert "`%fd.sport`" in (hint("%fd.port") or "")


def test_sources() -> None:
    template = parse_template(Text.of("<%proc.name> %3proc.name|%5fd.name|%proc.pid"))
    assert isinstance(template, Template)
    assert [str(source) for source in template.sources] == ["proc.name", "fd.name", "proc.pid"]


def test_spans() -> None:
    template = parse_template(Text.of("ab %proc.aname[1]."))
    assert isinstance(template, Template)
    segment = template.segments[1]
    assert isinstance(segment, FieldSegment)
    assert segment.span.value == "%proc.aname[1]"
    assert segment.source == ("proc.aname", 1)
