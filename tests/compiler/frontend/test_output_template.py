# SPDX-License-Identifier: Apache-2.0
"""Output templates."""

from __future__ import annotations

import pytest
from support.compiling import build, rule

from tiercel.compiler.frontend.output_template import FieldSegment, Literal, Template, parse_template
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
        ("%toupper(proc.name)", ["<toupper(proc.name)>"]),
        ("(%toupper(proc.name))", ["(", "<toupper(proc.name)>", ")"]),
        ("%5toupper(proc.name)x", ["<5:toupper(proc.name)>", "x"]),
        ("%toupper(  tolower( proc.name\n)  ) %evt.num", ["<toupper(tolower(proc.name))>", " ", "<evt.num>"]),
        ("%toupper(proc.args[2])[3]", ["<toupper(proc.args[2])>", "[3]"]),
        ("%toupper(proc.name)[", ["<toupper(proc.name)>", "["]),
        ("%toupper(proc.name)[]", ["<toupper(proc.name)>", "[]"]),
        ("%toupper(proc.name)['a", ["<toupper(proc.name)>", "['a"]),
        ("%concat(proc.pname, '/', proc.name).", ['<concat(proc.pname, "/", proc.name)>', "."]),
        ("%join(',', (proc.name, 'a', 5))", ['<join(",", (proc.name, "a", "5"))>']),
        ("%len(proc.args)%len(getopt(('-a'), 'a'))", ["<len(proc.args)>", '<len(getopt(("-a"), "a"))>']),
        ("%getopt(('-a'), 'a:b')[a]!", ['<getopt(("-a"), "a:b")[a]>', "!"]),
        ("%getopt(('-a', proc.name), 'a:')", ['<getopt(("-a", proc.name), "a:")>']),
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
        ("a %10", "E271", 3),
        ("a % b", "E144", 3),
        ("100%% x", "E144", 4),
        ("%name", "E144", 1),
        ("%proc.nme", "E218", 2),
        ("%" + "a" * 120 + ".name", "E218", 2),
        ("%evt.arg", "E206", 2),
        ("%evt.arg.nosuch", "E209", 2),
        ("%evt.arg[x]", "E207", 2),
        ("", "E270", 1),
        ("%tolowr(proc.name)", "E272", 2),
        ("%val(proc.name)", "E272", 2),
        ("%toupper (proc.name)", "E144", 1),
        ("%toupper(proc.nme)", "E201", 10),
        ("%toupper(proc.name x", "E132", 2),
        ("%toupper()", "E131", 10),
        ("%toupper(proc.pid)", "E244", 10),
        ("%toupper(tolower(proc.aname[x]))", "E207", 18),
        ("%toupper(val(proc.name))", "E131", 10),
        ("%concat(proc.name)", "E240", 2),
        ("%getopt(('-a'), 'a')[ab]", "E242", 2),
        ("%toupper(fd.net)", "E243", 10),
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
    assert hint("%tolowr(proc.name)") == "did you mean `tolower`?"
    assert hint("%TOUPPER(proc.name)") == "did you mean `toupper`?"
    assert hint("%val(proc.name)") == "print the field itself, as `%proc.name`"
    assert hint("%toupper (proc.name)") == "write `toupper(` without a blank"


@pytest.mark.parametrize(
    ("text", "segments", "name"),
    [
        ("a %fd.ip b", ["a ", "<NA>", " b"], "fd.ip"),
        ("%6fd.net|", ["<NA>  ", "|"], "fd.net"),
        ("%2fd.port", ["<N"], "fd.port"),
        ("%fd.protocol", ["<NA>", "col"], "fd.proto"),
        ("%evt.around[7]", ["<NA>"], "evt.around[7]"),
    ],
)
def test_fields_that_can_only_be_compared_have_no_value(text: str, segments: list[str], name: str) -> None:
    template = parse_template(Text.of(text))
    assert isinstance(template, Template)
    assert parsed(text) == segments
    assert template.sources == ()
    assert template.texts == ((name, ()),)
    (warning,) = template.warnings
    assert (warning.code, warning.falco) == ("W547", None)


@pytest.mark.parametrize("end", "cslr")
def test_networks_are_printed_as_such(end: str) -> None:
    template = parse_template(Text.of(f"%fd.{end}net"))
    assert isinstance(template, Template)
    assert [str(source) for source in template.sources] == [f"fd.{end}net"]
    (warning,) = template.warnings
    assert (warning.code, warning.hint) == ("W547", f"print `%fd.{end}ip`")
    assert "`<IPNET>`" in warning.text


def test_what_to_print_instead_of_a_field_for_conditions() -> None:
    template = parse_template(Text.of("%fd.port"), fields={"x": (Text.of("%fd.ip"), True)})
    assert isinstance(template, Template)
    assert template.texts == (("fd.port", ()), ("x", ()))
    assert "`%fd.sport`" in (template.warnings[0].hint or "")


def test_sources() -> None:
    template = parse_template(Text.of("<%proc.name> %3proc.name|%5fd.name|%proc.pid %toupper(fd.name) %len(proc.args)"))
    assert isinstance(template, Template)
    shown = ["proc.name", "fd.name", "proc.pid", "toupper(fd.name)", "len(proc.args)", "proc.args"]
    assert [str(source) for source in template.sources] == shown


def test_mistakes_that_skip_if_unknown_filter_skips() -> None:
    def outcome(output: str) -> tuple[str, str]:
        text = rule("evt.type = open", output=output, **{"skip-if-unknown-filter": "true"})
        (one,) = (one for one in build(text).diagnostics if one.code != "W508")
        return one.code, one.severity

    assert outcome("'%proc.nme'") == ("W514", "warning")
    assert outcome("'%evt.arg.nosuch'") == ("W514", "warning")
    assert outcome("'100%%'") == ("W514", "warning")
    assert outcome("'%toupper(proc.pid)'") == ("W514", "warning")
    assert outcome("'100%'") == ("E143", "error")
    assert outcome("'%5'") == ("E271", "error")
    assert outcome("'%container.info'") == ("E270", "error")


@pytest.mark.parametrize(
    ("output", "whole", "rest"),
    [
        ("a %proc.namee", "proc.namee", "e"),
        ("%proc.name.x y", "proc.name.x", ".x"),
        ("%proc.nameand %proc.name.", "proc.nameand", "and"),
        ("%proc.name[2]", "proc.name[2]", "[2]"),
        ("%proc.name[%proc.pid] %proc.namex", "proc.namex", "x"),
    ],
)
def test_words_that_only_begin_with_a_field(output: str, whole: str, rest: str) -> None:
    (found,) = build(rule("evt.type = open", output=f"'{output}'")).diagnostics
    assert (found.code, found.severity, found.falco) == ("W535", "warning", None)
    assert found.text == f"there is no field `{whole}`: this prints `proc.name` and then `{rest}`"
    assert found.hint == f"remove `{rest}`, or put a blank before it"
    assert found.column == 12 + output.index(whole)


def test_spans() -> None:
    template = parse_template(Text.of("ab %proc.aname[1]."))
    assert isinstance(template, Template)
    segment = template.segments[1]
    assert isinstance(segment, FieldSegment)
    assert segment.span.value == "%proc.aname[1]"
    assert segment.source == ("proc.aname", 1)
