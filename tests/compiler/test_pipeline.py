# SPDX-License-Identifier: Apache-2.0
"""From files to a program."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from support.compiling import build, found, rule

from tiercel import compiler
from tiercel.compiler.ir.program import TRUE
from tiercel.errors import RulesError
from tiercel.rules import Priority, load_files, load_text
from tiercel.schema.names import EVENT_BY_NAME

OPEN = EVENT_BY_NAME["open"].code
PATHS = (("evt.path_binding", None), ("fd.name_requested", None), ("fd.name_resolved", None))


def test_errors_are_raised_together_with_warnings() -> None:
    files = load_text(rule("proc.name = x") + rule("proc.nme = x", "s") + "- rul: x\n")
    with pytest.raises(RulesError) as caught:
        compiler.compile(files)
    assert [found.code for found in caught.value.diagnostics] == ["W507", "E201", "W502"]
    assert caught.value.code == "E201"


def test_a_set_without_errors_has_a_program() -> None:
    compiled = compiler.compile(load_text(rule("evt.type = open")))
    assert compiled.program is not None
    assert compiled.program.rules == ("r",)
    assert compiled.program.wanted == {OPEN}
    assert compiled.diagnostics == ()


def test_disabled_rules_are_checked_but_have_no_entries() -> None:
    compiled = build(rule("evt.type = open", "a", enabled="false"), rule("evt.type = open", "b"))
    assert compiled.program is not None
    assert [entry.rule for entry in compiled.program.entries[OPEN]] == [1]
    assert found(rule("proc.nme = x", enabled="false")) == ["E201"]


def test_select() -> None:
    files = load_text(rule("evt.type = open", "a", priority="DEBUG") + rule("evt.type = open", "b", enabled="false"))
    compiled = compiler.compile(files, select=lambda one: one.priority <= Priority.INFORMATIONAL)
    assert compiled.program is not None
    assert [entry.rule for entry in compiled.program.entries[OPEN]] == [1]


def test_what_alerts_capture() -> None:
    compiled = build(
        rule("evt.type = open and fd.name = /x", "path", output="'%proc.name %fd.name %proc.name'"),
        rule("evt.type = open", "printed", output="'%fd.name'"),
        rule("evt.type = open", "none", output="'%proc.aname[2]'"),
    )
    assert compiled.program is not None
    assert compiled.program.outputs == (
        (("proc.name", None), ("fd.name", None), *PATHS),
        (("fd.name", None), *PATHS),
        (("proc.aname", 2),),
    )
    assert {name for name, _ in compiled.program.fields} >= {"fd.name", "proc.aname"}


def test_falcos_own_matching_captures_nothing_more() -> None:
    files = load_text(rule("evt.type = open and fd.name = /x", output="'%fd.name'"))
    compiled = compiler.compile(files, path_matching="requested")
    assert compiled.program is not None
    assert compiled.program.outputs == ((("fd.name", None),),)
    assert compiled.program.path_matching == "requested"


def test_unknown_filters_can_be_skipped() -> None:
    keys = {"skip-if-unknown-filter": "true"}
    compiled = build(rule("proc.nme = x", "a", **keys), rule("evt.type = open", "b"))
    assert [found.code for found in compiled.diagnostics] == ["W514"]
    assert compiled.program is not None
    assert compiled.program.rules == ("b",)
    assert found(rule("evt.type = open", output="'%proc.nme'", **keys)) == ["W514"]
    assert found(rule("evt.type = opne", **keys)) == ["W514"]
    assert found(rule("proc.name[1] = x", **keys)) == ["W514"]
    assert found(rule("fd.num = x", **keys)) == ["E204"]
    assert found(rule("evt.arg.nosuch = x", **keys)) == ["E209"]
    assert found(rule("evt.arg = x", **keys)) == ["E206"]


def test_what_comes_first_decides_whether_a_rule_can_be_skipped() -> None:
    keys = {"skip-if-unknown-filter": "true"}
    assert found(rule("proc.nme = x and fd.num = x and fd.nme = x", **keys)) == ["W514", "W514"]
    assert found(rule("fd.num = x and proc.nme = x", **keys)) == ["E204", "W514"]
    assert found(rule("fd.num = x", output="'%proc.nme'", **keys)) == ["W514"]
    assert found(rule("nosuch and proc.nme = x", **keys)) == ["E202", "W514"]


def test_all_mistakes_of_a_condition_are_reported() -> None:
    macros = "- macro: bad\n  condition: proc.pid = x and nosuch\n- macro: good\n  condition: fd.num = y\n"
    text = rule("proc.nme = a and nomacro and fd.num = x and bad and good and good and evt.type = opne")
    found = build(macros, text).diagnostics
    assert [(one.code, one.line) for one in found] == [
        ("E204", 2), ("E202", 2), ("E204", 4), ("E201", 6), ("E202", 6), ("E204", 6), ("E208", 6)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("condition", "codes"),
    [
        ("proc.nme = a and nomacro and (fd.num = x or proc.name startwith a)", ["E201", "E202", "E204", "E142"]),
        ("fd.num = x and proc.pid = 1 2 and fd.num = y", ["E204", "E121"]),
        ("fd.num = 1 2", ["E121"]),
        ("fd.num = x and (proc.name = a", ["E204", "E123"]),
        ("nomacro and other proc.name = a", ["E202", "E140"]),
        ("proc.nme = a and", ["E201", "E122"]),
    ],
)
def test_mistakes_before_one_of_syntax_are_reported(condition: str, codes: list[str]) -> None:
    assert found(rule(condition)) == codes


def test_an_error_in_a_macro_says_who_uses_it() -> None:
    macro = "- macro: m\n  condition: proc.nme = x\n"
    compiled = build(macro, rule("evt.type = open and m", "first"), rule("evt.type = open and m", "second"))
    (finding,) = compiled.diagnostics
    assert (finding.line, finding.column, finding.item) == (2, 14, 'macro "m"')
    assert [note.text for note in finding.notes] == ['used by rule "first"']


def test_an_error_in_a_list_is_placed_in_the_list() -> None:
    (finding,) = build(
        "- list: l\n  items: [80, eighty-one]\n", rule("evt.type = connect and fd.sport in (l)")
    ).diagnostics
    assert (finding.code, finding.line, finding.column) == ("E204", 2, 15)


def test_exceptions_take_part() -> None:
    text = rule("evt.type = open") + "  exceptions:\n    - {name: e, fields: proc.name, values: [a, b]}\n"
    compiled = build(text)
    assert compiled.program is not None
    assert "proc.name in (a, b)  ? - : match" in compiled.program.dump()


def test_warnings_are_about_what_is_left_after_the_last_file(tmp_path: Path) -> None:
    first = rule("proc.name = proc.pname and m") + "- macro: m\n  condition: user.uid < 0\n"
    assert stages(tmp_path, first) == [("0", "W507"), ("0", "W510"), ("0", "W524")]
    second = rule("evt.type = open and m") + "- macro: m\n  condition: user.uid = 0\n"
    assert stages(tmp_path, first, second) == []


# -- several files -------------------------------------------------------------------------------------------------


def stages(tmp_path: Path, *texts: str) -> list[tuple[str, str]]:
    paths = []
    for number, text in enumerate(texts):
        paths.append(tmp_path / f"{number}.yaml")
        paths[-1].write_text(text)
    compiled = compiler.build(load_files(paths))
    return [(Path(found.file).stem, found.code) for found in compiled.diagnostics]


def test_a_file_uses_what_came_before_only(tmp_path: Path) -> None:
    macro = "- macro: m\n  condition: proc.name = x\n"
    assert stages(tmp_path, macro, rule("evt.type = open and m")) == []
    assert stages(tmp_path, rule("evt.type = open and m"), macro) == [("0", "E202")]
    both = "- list: l\n  items: [open]\n"
    assert stages(tmp_path, rule("evt.type in (l)"), both) == [("0", "E208")]


def test_a_later_file_changes_what_an_earlier_one_means(tmp_path: Path) -> None:
    first = "- macro: m\n  condition: proc.name in (l)\n- list: l\n  items: [x]\n" + rule("evt.type = open and m")
    assert stages(tmp_path, first, "- macro: m\n  condition: proc.nme = x\n") == [
        ("0", "W504"),
        ("1", "E201"),
    ]
    assert stages(tmp_path, first, "- list: l\n  items: ['a b c (']\n") == []
    assert stages(tmp_path, first, "- list: l\n  items: [')']\n") == [("0", "E138")]
    assert stages(
        tmp_path, first.replace("proc.name in (l)", "fd.num in (l)").replace("[x]", "[1]"), "- list: l\n  items: [x]\n"
    ) == [("1", "E204")]


def test_rules_that_a_file_does_not_touch_are_not_compiled_again(tmp_path: Path) -> None:
    texts = [rule("evt.type = open and proc.name = x", f"r{number}") for number in range(300)]
    started = time.process_time()
    assert stages(tmp_path, *texts) == []
    assert time.process_time() - started < 15  # what grows out of bounds takes minutes


def test_after_a_file_that_cannot_be_read_unknown_macros_are_not_reported(tmp_path: Path) -> None:
    assert stages(tmp_path, "- [", rule("evt.type = open and m")) == [("0", "E101")]


def test_lists_named_by_several_words_change_too(tmp_path: Path) -> None:
    first = "- list: my ports\n  items: [80]\n" + rule("evt.type = connect and fd.sport in (my ports)")
    assert stages(tmp_path, first) == [("0", "W506")]
    assert stages(tmp_path, first, "- list: my ports\n  items: [x]\n") == [("0", "W506"), ("1", "W506"), ("1", "E204")]


# -- limits --------------------------------------------------------------------------------------------------------

HOSTILE = {
    "parentheses": rule("(" * 50_000),
    "negations": rule("not " * 100_000 + "evt.type = open"),
    "alternatives": rule(" or ".join(["proc.name = a"] * 60_000)),
    "macros that double": "- macro: m0\n  condition: proc.name = a\n"
    + "".join(f"- macro: m{n + 1}\n  condition: m{n} and m{n}\n" for n in range(100))
    + rule("m100"),
    "macros in a circle": "- macro: a\n  condition: b\n- macro: b\n  condition: a\n- macro: a\n  condition: b\n"
    + rule("a"),
    "lists that multiply": "".join(f"- list: l{n}\n  items: [{', '.join([f'l{n + 1}'] * 500)}]\n" for n in range(30))
    + rule("proc.name in (l0)"),
    "percent signs": rule("evt.type = open", output="'" + "%proc.nme" * 30_000 + "'"),
    "a name in parts": rule("evt.type = open", output="'%a" + ".abspath" * 20 + ".'"),
    "a long name": rule("evt.type = open", output="'%a" + ".a" * 100_000 + "'"),
    "a long number": rule("evt.type = open and fd.num = " + "1" * 100_000),
    "a long quote": rule('evt.type = open and proc.name = "' + '\\"' * 100_000),
    "many mistakes": "".join(rule("proc.nme = x", f"r{n}") for n in range(3000)),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_files_are_refused_quickly(kind: str) -> None:
    started = time.process_time()
    compiled = build(HOSTILE[kind])
    assert time.process_time() - started < 15  # what grows out of bounds takes minutes
    if kind != "negations":
        assert compiled.program is None
    assert len(compiled.diagnostics) < 1500
    assert all(len(str(finding)) < 2000 for finding in compiled.diagnostics)


def test_large_sets_load() -> None:
    """The time is a matter of the benches."""
    items = ", ".join(f"item{number}" for number in range(10_000))
    big = f"- list: big\n  items: [{items}]\n" + rule("evt.type = open and fd.name in (big)")
    compiled = build(big)
    assert compiled.program is not None
    assert len(compiled.program.checks[0].operand) == 10_000
    many = "".join(
        rule(
            f"evt.type in (open, openat) and fd.name startswith /dir{number} and not proc.name in (a{number}, b)",
            f"r{number}",
        )
        for number in range(1000)
    )
    compiled = build(many)
    assert compiled.program is not None
    assert len(compiled.program.entries[OPEN]) == 1000


def test_the_type_alone_matches() -> None:
    compiled = build(rule("evt.type = open"))
    assert compiled.program is not None
    assert compiled.program.entries[OPEN][0].root == TRUE
