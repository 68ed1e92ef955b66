# SPDX-License-Identifier: Apache-2.0
"""Warnings."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import vectors
from support.compiling import build, found, rule

from tiercel.compiler.lints import lint_condition
from tiercel.compiler.output import Literal
from tiercel.lang import parse


def lints(condition: str) -> list[str]:
    return [one.code for one in lint_condition(parse(condition))]


@pytest.mark.parametrize(
    ("condition", "codes"),
    [
        ("evt.type = open", []),
        ("proc.name = x", ["W507"]),
        ("evt.type != open", ["W507"]),
        ("evt.type = open or proc.name = x", ["W507"]),
        ("evt.type = open and evt.type = execve", ["W513"]),
        ("evt.type = open and proc.name = x and not proc.name = x", ["W513"]),
        ("evt.type = open and evt.num = 0", []),
        ("evt.type = open and proc.name in ()", []),
        ("evt.type in ()", []),
        ("evt.type = open and evt.dir = <", ["W508"]),
        ("evt.type = open and proc.name = proc.pname", ["W510"]),
        ("evt.type = open and proc.name in (a, proc.aname[2])", ["W510"]),
        ("evt.type = open and proc.name = 'tolower(proc.pname)'", ["W510"]),
        ("evt.type = open and proc.name = 'tolow(proc.pname)'", []),
        ("evt.type = open and proc.name = unknown.field", []),
        ("evt.type = open and proc.name = tolower", []),
        ("evt.type = close", ["W512"]),
        ("evt.type in (open, close, read)", ["W512"]),
        ("evt.type = open and not evt.type in (close, read)", []),
        ("evt.type = acct", ["W512"]),
    ],
)
def test_conditions(condition: str, codes: list[str]) -> None:
    assert found(rule(condition)) == codes


def test_what_is_not_captured_is_named() -> None:
    (finding,) = build(rule("evt.type in (open, close, read)")).diagnostics
    assert "`close`, `read`" in finding.text
    assert finding.snippet[finding.column - 1 :].startswith("close")


def test_no_event_type_can_be_meant() -> None:
    assert found(rule("proc.name = x", warn_evttypes="false")) == []


def test_places_of_whole_rules() -> None:
    (finding,) = build(rule("proc.name = x")).diagnostics
    assert (finding.line, finding.column, finding.item) == (2, 15, 'rule "r"')


@pytest.mark.parametrize(
    ("output", "codes"),
    [
        ("'%evt.dir'", ["W508"]),
        ("'about evt.latency'", ["W508"]),
        ("'a %container.info b'", ["W508"]),
        ("'%container.info'", ["W508", "E270"]),
        ("'%evt.type'", []),
    ],
)
def test_outputs(output: str, codes: list[str]) -> None:
    assert found(rule("evt.type = open", output=output)) == codes


def test_container_info_is_taken_out() -> None:
    compiled = build(rule("evt.type = open", output="'a %container.info b %container.info%evt.num'"))
    segments = compiled.templates[0].segments
    assert [part.text if isinstance(part, Literal) else str(part.source) for part in segments] == ["a  b ", "evt.num"]


def test_unused_macros_and_lists() -> None:
    text = (
        "- list: used\n  items: [a]\n- list: in_list\n  items: [b]\n- list: outer\n  items: [in_list]\n"
        "- list: unused\n  items: [c]\n- macro: m\n  condition: proc.name in (used, outer)\n"
        "- macro: n\n  condition: m\n- macro: unused\n  condition: proc.name = x\n"
    )
    compiled = build(text, rule("evt.type = open and n and not proc.name in (unused)"))
    assert [(one.code, one.line) for one in compiled.diagnostics] == [("W503", 13)]


def test_warnings_of_a_macro_are_given_once_and_only_if_it_is_used() -> None:
    macro = "- macro: m\n  condition: proc.name = proc.pname\n"
    assert found(macro, rule("evt.type = open")) == ["W503"]
    assert found(macro, rule("evt.type = open and m"), rule("evt.type = open and not m", "s")) == ["W510"]


@pytest.mark.shared
def test_na_cases_of_the_reference(shared_dir: Path) -> None:
    cases = [c for c in vectors.load(shared_dir, "engine_misc")["cases"] if c["kind"] == "na_or_deprecated_warning"]
    assert len(cases) > 10
    for case in cases:
        warned = {"W508", "W515"} & set(lints(case["filter"]))
        assert bool(warned) is case["value"], case


@pytest.mark.shared
def test_warning_cases_of_the_reference(shared_dir: Path) -> None:
    """Those about `regex` patterns wait for that operator."""
    cases = vectors.load(shared_dir, "filter_compile")["cases"]
    cases = [c for c in cases if c["test"] == "compilation_warnings" and " regex " not in c["filter"]]
    assert len(cases) == 6
    for case in cases:
        # The fields of these cases belong to plugins; others stand for them here.
        condition = case["filter"].replace("evt.source", "proc.name").replace("evt.plugininfo", "proc.pname")
        if "tolower(proc.pname)" in condition and "'" not in condition:
            continue  # a transformer that is no constant
        assert len([code for code in lints(condition) if code == "W510"]) == case["warnings"], case
