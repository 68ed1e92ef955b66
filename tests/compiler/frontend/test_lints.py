# SPDX-License-Identifier: Apache-2.0
"""Warnings."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from support import vectors
from support.compiling import build, found, rule

from tiercel.compiler.frontend.lints import lint_condition
from tiercel.compiler.frontend.output_template import Literal
from tiercel.compiler.ir.tree import Const
from tiercel.lang import parse


def lints(condition: str) -> list[str]:
    """Warnings about a condition as written; its fields need not exist."""
    return [one.code for one in lint_condition(parse(condition), lambda check: Const(value=True, span=check.span))]


@pytest.mark.parametrize(
    ("condition", "codes"),
    [
        ("evt.type = open", []),
        ("proc.name = x", ["W507"]),
        ("evt.type != open", ["W507"]),
        ("evt.type = open or proc.name = x", ["W507"]),
        ("evt.type = open and evt.type = execve", ["W521"]),
        ("(evt.type = open or evt.type = creat) and evt.type = execve", ["W513"]),
        ("evt.type = open and proc.name = x and not proc.name = x", ["W521"]),
        ("evt.type = open and proc.name contains x and not proc.name contains x", ["W521"]),
        ("evt.type = open and (proc.name = x or (proc.pid > 4 and proc.pid < 2))", ["W521"]),
        ("evt.type = open and not (proc.name = x and (proc.pid = 1 and proc.name = y))", ["W521"]),
        ("evt.type = open and proc.name in (x, y) and proc.name in (y, z)", []),
        ("evt.type = open and user.uid < 0", ["W524"]),
        ("evt.type = open and (user.uid > -1 or proc.name = x)", ["W524"]),
        ("evt.type = open and user.uid = -1", []),
        ("evt.type = open and user.uid = 4294967296", ["W529"]),
        ("evt.type = connect and fd.sport in (80, 70000, http)", ["W529"]),
        ("evt.type = connect and fd.sport != anyof (65536, 65537)", ["W529", "W529"]),
        ("evt.type = open and proc.cmdline contains anyof (a, b, c)", []),
        (f"evt.type = open and proc.cmdline contains anyof ({', '.join(map(str, range(100)))})", ["W523"]),
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
        ("evt.type = task", ["W512"]),
        ("evt.type in (open, drop, useradded)", ["W512"]),
        ("evt.type = asyncevent", ["W512"]),
        ("evt.type = fallocate", []),
        ("evt.type = container", []),
        ("evt.type = open and not evt.type in (drop, useradded)", []),
        ("syscall.type = task_file_pipe", ["W512"]),
        ("evt.type = acct", []),
        ("evt.type = openat and evt.arg.mode contains S_ISUID", ["W548"]),
        ("evt.type in (mkdir, open) and evt.arg.mode in (x, S_IXOTH)", ["W548", "W548"]),
        ("evt.type = openat and (not evt.arg.mode contains S_ISUID or proc.name = x)", ["W548"]),
        ("evt.type = openat and evt.arg[4] contains S_ISUID", ["W548"]),
        ("evt.type = openat and evt.arg[3] contains S_ISUID", []),
        ("evt.type = openat and evt.arg.mode contains 04755", []),
        ("evt.type in (chmod, mknod) and evt.arg.mode contains S_ISUID", []),
        ("(evt.type = chmod and evt.arg.mode contains S_ISUID) or evt.type = open", []),
    ],
)
def test_conditions(condition: str, codes: list[str]) -> None:
    assert found(rule(condition)) == codes


def test_what_is_not_captured_is_named() -> None:
    (finding,) = build(rule("evt.type in (open, task, drop)")).diagnostics
    assert "`task`, `drop`" in finding.text
    assert finding.snippet[finding.column - 1 :].startswith("task")


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
        ("'%container.info'", ["E270", "W508"]),
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
    cases = [c for c in vectors.load(shared_dir, "filter_compile")["cases"] if c["test"] == "compilation_warnings"]
    assert len(cases) == 23
    for case in cases:
        # The fields of these cases belong to plugins; others stand for them here.
        condition = case["filter"].replace("evt.source", "proc.name").replace("evt.plugininfo", "proc.pname")
        assert len([code for code in lints(condition) if code in {"W510", "W522"}]) == case["warnings"], case


@pytest.mark.parametrize(
    ("pattern", "hint"),
    [
        ("^abc$", "write `= abc`"),
        ("abc", "write `= abc`"),
        ("'a b'", 'write `= "a b"`'),
        ("^$", 'write `= ""`'),
        ("abc.*", "write `startswith abc`"),
        (".*abc", "write `endswith abc`"),
        (".*abc.*", "write `contains abc`"),
        (".*", "write `exists`"),
        ("^.*", "write `exists`"),
        (".+abc", "`glob` does the same: `?` is any character, `*` any text"),
    ],
)
def test_what_a_pattern_can_be_written_as(pattern: str, hint: str) -> None:
    (finding,) = lint_condition(parse(f"proc.name regex {pattern}"), lambda check: Const(value=True, span=check.span))
    assert (finding.code, finding.hint, finding.falco) == ("W522", hint, "LOAD_COMPILE_CONDITION")


@pytest.mark.parametrize("pattern", ["a.c", "^.*abc", "abc.*$", "a|b", "a\\.c", ".", "a{2}", "[a]", "'(abc)'"])
def test_patterns_that_are_needed(pattern: str) -> None:
    assert lints(f"proc.name regex {pattern}") == []


def test_what_excludes_each_other_is_shown_in_both_places() -> None:
    macro = "- macro: m\n  condition: evt.type in (execve, execveat)\n"
    (finding,) = build(macro, rule("evt.type = open and m")).diagnostics
    assert (finding.code, finding.line, finding.column) == ("W521", 4, 15)
    assert [(one.line, one.column) for one in finding.notes] == [(2, 14)]
    (finding,) = build(rule("proc.name = a and evt.type = open and proc.name = b")).diagnostics
    assert (finding.column, finding.notes) == (53, ())


def test_why_a_check_never_holds() -> None:
    (finding,) = build(rule("evt.type = open and (proc.name = x or user.uid > -1)")).diagnostics
    assert finding.text.endswith("`-1` counts as 4294967295, and its values go from 0 to 4294967295")
    (finding,) = build(rule("evt.type = open and (proc.name = x or user.uid < +0)")).diagnostics
    assert finding.text.endswith("can never hold: its values go from 0 to 4294967295")


def test_switches_are_no_mistakes() -> None:
    for condition in ("evt.num = 0", "evt.num < 0", "not evt.num >= 0", "proc.name in ()", "proc.name = anyof ()"):
        assert found(rule(f"evt.type = open and {condition}")) == [], condition


PLUGIN = "evt.plugininfo = /bin/x"


def test_fields_that_no_event_gives_a_value_are_named_once_a_rule() -> None:
    (finding,) = build(rule(f"evt.type = open and ({PLUGIN} or evt.pluginname = x or {PLUGIN})")).diagnostics
    assert (finding.code, finding.column) == ("W520", 36)
    assert "`evt.plugininfo`, `evt.pluginname`" in finding.text
    assert found(rule("evt.type = open and tolower(proc.name) = val(evt.plugininfo)")) == ["W520"]
    assert found(rule("evt.type = open and evt.plugininfo in ()")) == []
    assert found(rule("evt.type = open", output="'%evt.plugininfo'")) == ["W520"]


def test_fields_of_macros_are_named_where_the_rule_stands() -> None:
    macros = "".join(f"- macro: m{number}\n  condition: {PLUGIN}{number}\n" for number in range(3))
    (finding,) = build(macros, rule("evt.type = open and (m0 or m1 or m2)")).diagnostics
    assert (finding.line, finding.column) == (8, 15)
    assert [(one.line, one.column) for one in finding.notes] == [(2, 14)]


def test_lists_that_do_not_exist() -> None:
    known = "- list: shell_binaries\n  items: [sh]\n- list: used\n  items: [shell_binaries]\n"
    use = "evt.type = open and proc.name in (used)"
    (finding,) = build(known, rule(f"{use} and proc.pname in (a, shell_binaris)")).diagnostics
    assert (finding.code, finding.hint) == ("W525", "did you mean `shell_binaries`?")
    assert finding.text == "there is no list `shell_binaris`, so it is compared as text"
    (finding,) = build(known, rule(f"{use} and proc.pname startswith oneof shells")).diagnostics
    assert (finding.code, finding.hint) == ("W525", "write `(shells)` if the word itself is meant")
    assert found(known, rule(f"{use} and proc.pname in (a_b, c, shell)")) == []
    assert found(known, rule(f"{use} and proc.name in shell_binaries")) == []


def test_macros_that_wait_for_a_redefinition_are_no_mistakes() -> None:
    macros = "- macro: ssh\n  condition: fd.sport = 22\n- macro: allowed\n  condition: ssh\n"
    assert found(macros, rule("evt.type = connect and ssh and not allowed")) == []
    assert found(macros, rule("evt.type = connect and ssh and not fd.sport = 22")) == ["W503", "W521"]
    never = "- macro: never\n  condition: (evt.num = 0)\n"
    assert found(never, rule("evt.type = connect and not never and evt.num = 0")) == []


@pytest.mark.parametrize(
    ("mode", "bits"),
    [("0", ""), ("0644", "w"), ("04755", "uw"), ("02755", "gw"), ("01777", "tw"), ("06711", "ugw"), ("0444", "")],
)
def test_patterns_that_test_bits_of_modes(mode: str, bits: str) -> None:
    """The pattern in the hint of W548 matches the numbers that have the bit, and no others."""
    for letter, name in {"u": "S_ISUID", "g": "S_ISGID", "t": "S_ISVTX", "w": "S_IWUSR"}.items():
        (finding,) = build(rule(f"evt.type = open and evt.arg.mode contains {name}")).diagnostics
        pattern = (finding.hint or "").partition('"')[2].partition('"')[0]
        assert fnmatchcase(mode, pattern) == (letter in bits), (name, pattern)
