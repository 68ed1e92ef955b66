# SPDX-License-Identifier: Apache-2.0
"""Exceptions: what they come to, and complaints about them."""

from __future__ import annotations

import pytest

from tiercel.rules import RuleFiles, load_text
from tiercel.rules.exceptions import full_condition

RULE = "- rule: r\n  desc: d\n  condition: a or b\n  output: o\n  priority: INFO\n"


def load(exceptions: str, more: str = "") -> RuleFiles:
    return load_text(f"{RULE}  exceptions:\n    - {exceptions}\n{more}")


@pytest.mark.parametrize(
    ("exception", "condition"),
    [
        ("{name: e, fields: proc.name, values: [x, y z]}", 'not (proc.name in (x, "y z"))'),
        ("{name: e, fields: fd.name, comps: pmatch, values: [/a]}", "not (fd.name pmatch (/a))"),
        ("{name: e, fields: fd.name, comps: startswith anyof, values: [/a]}", "not (fd.name startswith anyof (/a))"),
        ("{name: e, fields: [proc.name], values: [[x], [y]]}", "not ((proc.name = x) or (proc.name = y))"),
        (
            "{name: e, fields: [proc.name, fd.name], comps: [in, =], values: [[[x, y], /z]]}",
            "not ((proc.name in (x, y) and fd.name = /z))",
        ),
        ("{name: e, fields: [proc.name], comps: [in], values: [[l]]}", "not ((proc.name in (l)))"),
        ("{name: e, fields: [proc.name], comps: [in], values: [['(x)']]}", "not ((proc.name in (x)))"),
        ("{name: e, fields: [proc.name], comps: [in], values: [['(x, y z)']]}", "not ((proc.name in (x, y z)))"),
        ("{name: e, fields: [proc.name], comps: [in], values: [[x y]]}", "not ((proc.name in (x y)))"),
        ("{name: e, fields: [proc.name], comps: [in], values: [[[x y]]]}", 'not ((proc.name in ("x y")))'),
        ("{name: e, fields: [proc.name], values: [[(x y)]]}", 'not ((proc.name = "(x y)"))'),
        ("{name: e, fields: proc.name, values: [(x y)]}", 'not (proc.name in ("(x y)"))'),
        (
            "{name: e, fields: [fd.name], comps: ['endswith  oneof'], values: [[x]]}",
            "not ((fd.name endswith oneof (x)))",
        ),
        ("""{name: e, fields: [proc.name], values: [["'q r'"]]}""", "not ((proc.name = 'q r'))"),
        ("{name: e, fields: [tolower(proc.name)], values: [[x]]}", "not ((tolower(proc.name) = x))"),
    ],
)
def test_conditions(exception: str, condition: str) -> None:
    files = load(exception)
    assert not files.diagnostics
    assert full_condition(files.rules[0]).value == f"(a or b) and {condition}"


def test_without_values_there_is_no_effect() -> None:
    for exception in ("{name: e, fields: proc.name}", "{name: e, fields: [proc.name], values: []}"):
        files = load(exception)
        assert not files.diagnostics
        assert full_condition(files.rules[0]) is files.rules[0].condition


def test_places_are_those_of_the_values() -> None:
    exception = "{name: e, fields: [proc.name], values: [[xyz]]}"
    files = load(exception)
    text = full_condition(files.rules[0])
    place = text.place(text.value.index("xyz"))
    assert (place.line, place.column) == (7, 7 + exception.index("xyz"))
    glue = text.place(text.value.index("and not"))
    assert (glue.line, glue.column) == (7, 7 + exception.index("e, "))


@pytest.mark.parametrize(
    ("exception", "code"),
    [
        ("text", "E115"),
        ("{fields: proc.name}", "E105"),
        ("{name: e}", "E105"),
        ("{name: e, fields: [], comps: [=]}", "E106"),
        ("{name: e, fields: proc.name, comps: [=]}", "E227"),
        ("{name: e, fields: [proc.name], comps: '='}", "E227"),
        ("{name: e, fields: [proc.name, fd.name], comps: [=]}", "E226"),
        ("{name: e, fields: [proc.name], comps: [like]}", "E224"),
        ("{name: e, fields: [proc.name], comps: [= twice]}", "E224"),
        ("{name: e, fields: proc.name, comps: =}", "E224"),
        ("{name: e, fields: [proc.nme]}", "E225"),
        ("{name: e, fields: [tolower(proc.nme)]}", "E225"),
        ("{name: e, fields: [proc name]}", "E225"),
        ("{name: e, fields: [proc.name], values: x}", "E108"),
        ("{name: e, fields: [proc.name], values: [x]}", "E227"),
        ("{name: e, fields: [proc.name, fd.name], values: [x]}", "E227"),
        ("{name: e, fields: [proc.name, fd.name], values: [[x]]}", "E226"),
        ("{name: e, fields: proc.name, values: [[x]]}", "E227"),
        ("{name: e, fields: proc.name, values: [{a: b}]}", "E149"),
        ("{name: e, fields: [proc.name], values: [[{a: b}]]}", "E149"),
        ("{name: e, fields: [proc.name], values: [[[[a]]]]}", "E149"),
        ("{name: e, fields: proc.name, values: ['']}", "E148"),
        ("{name: e, fields: proc.name, values: [~]}", "E148"),
        ("{name: e, fields: [proc.name], values: [[[a, '']]]}", "E148"),
        ("{name: e, fields: proc.name, values: ~}", "E108"),
        ("{name: e, fields: [{a: b}]}", "E149"),
        ("{name: e, fields: ~}", "E106"),
        ("{name: e, fields: proc.name, value: [x]}", "W531"),
    ],
)
def test_complaints(exception: str, code: str) -> None:
    assert [found.code for found in load(exception).diagnostics] == [code]


def test_the_same_name_twice() -> None:
    files = load("{name: e, fields: proc.name}", "    - {name: e, fields: fd.name}\n")
    assert [found.code for found in files.diagnostics] == ["W517"]
    assert len(files.rules[0].exceptions) == 2


def test_no_exceptions() -> None:
    assert not load_text(RULE + "  exceptions:\n").diagnostics


def test_fields_of_other_sources_are_not_known() -> None:
    """As in Falco, a rule of a source that is not there is left out, whatever its exceptions name."""
    exceptions = "  exceptions:\n    - {name: e, fields: ka.user.name, values: [x]}\n"
    appended = "{name: f, fields: [ka.verb], values: [[y]]}"
    more = f"- rule: r\n  exceptions: [{appended}]\n  override: {{exceptions: append}}\n"
    files = load_text(f"{RULE}  source: k8s_audit\n{exceptions}{more}")
    assert [found.code for found in files.diagnostics] == ["W509"]
    known = load_text(f"{RULE}  source: k8s_audit\n{exceptions}{more}", sources={"k8s_audit"})
    assert [found.code for found in known.diagnostics] == ["E225", "E225"]


def test_append() -> None:
    files = load(
        "{name: e, fields: proc.name, values: [x]}",
        "- rule: r\n  exceptions:\n    - {name: e, values: [y]}\n    - {name: f, fields: [fd.name], values: [[/z]]}\n"
        "  override: {exceptions: append}\n",
    )
    assert not files.diagnostics
    expected = "(a or b) and not (proc.name in (x, y)) and not ((fd.name = /z))"
    assert full_condition(files.rules[0]).value == expected


@pytest.mark.parametrize(
    ("appended", "codes"),
    [
        ("{name: e, fields: fd.name, values: [y]}", ["E228"]),
        ("{name: e, comps: in, values: [y]}", ["E228"]),
        ("{name: e}", ["W516"]),
        ("{name: e, values: []}", []),
        ("{name: e, comps: ~, fields: ~, values: [y]}", []),
        ("{name: f, values: [y]}", ["E227"]),
        ("{name: f, fields: fd.name}", ["W516", "E227"]),
        ("{name: f, fields: fd.name, values: []}", ["E227"]),
        ("{values: [y]}", ["E105"]),
    ],
)
def test_append_complaints(appended: str, codes: list[str]) -> None:
    files = load(
        "{name: e, fields: proc.name, values: [x]}",
        f"- rule: r\n  exceptions:\n    - {appended}\n  override: {{exceptions: append}}\n",
    )
    assert [found.code for found in files.diagnostics] == codes


def test_replace_needs_whole_exceptions() -> None:
    more = "- rule: r\n  exceptions: [{name: f, fields: fd.name, values: [y]}]\n  override: {exceptions: replace}\n"
    files = load("{name: e, fields: proc.name, values: [x]}", more)
    assert [entry.name for entry in files.rules[0].exceptions] == ["f"]
    files = load("{name: e, fields: proc.name}", more.replace("fields: fd.name, ", ""))
    assert [found.code for found in files.diagnostics] == ["E105"]
