# SPDX-License-Identifier: Apache-2.0
"""Meaning of each kind of item, and every diagnostic of its form."""

from __future__ import annotations

import textwrap

import pytest

from tiercel.rules import Priority, RuleFiles, collection, load_text

RULE = """\
- rule: r
  desc: d
  condition: evt.type = open
  output: o
  priority: INFO
"""


def load(text: str) -> RuleFiles:
    return load_text(textwrap.dedent(text))


def codes(files: RuleFiles) -> list[str]:
    return [found.code for found in files.diagnostics]


def test_a_whole_rule() -> None:
    files = load(
        """\
        - rule: Read something
          desc: >
            why
          condition: >
            evt.type = open
            and proc.name = x
          output: >
            it was %proc.name
          priority: informational
          source: syscall
          enabled: no
          tags: [a, b, a]
          capture: "yes"
          capture_duration: 0x10
          warn_evttypes: false
          skip-if-unknown-filter: True
        """
    )
    assert not files.diagnostics
    (rule,) = files.rules
    assert rule.name == "Read something"
    assert rule.desc == "why\n"
    assert rule.condition.value == "evt.type = open and proc.name = x\n"
    assert rule.output.value == "it was %proc.name"
    assert rule.priority is Priority.INFORMATIONAL
    assert rule.priority.label == "Informational"
    assert (rule.enabled, rule.tags, rule.source) == (False, ("a", "b"), "syscall")
    assert (rule.capture, rule.capture_duration_ms) == (True, 16)
    assert (rule.warn_evttypes, rule.skip_if_unknown_filter) == (False, True)
    place = rule.condition.place(rule.condition.value.index("proc"))
    assert (place.line, place.column) == (6, 9)
    place = rule.output.place(rule.output.value.index("%"))
    assert (place.line, place.column) == (8, 12)


def test_defaults() -> None:
    (rule,) = load(RULE).rules
    assert (rule.source, rule.enabled, rule.tags, rule.exceptions) == ("syscall", True, (), ())
    assert (rule.warn_evttypes, rule.skip_if_unknown_filter, rule.capture, rule.capture_duration_ms) == (
        True,
        False,
        False,
        0,
    )


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("a: 1", "E103", 1, 1),
        ("just text", "E103", 1, 1),
        ("- - a", "E104", 1, 3),
        ("- text", "E104", 1, 3),
        (RULE.replace("  desc: d\n", ""), "E105", 1, 3),
        (RULE.replace("  output: o\n", ""), "E105", 1, 3),
        ("- list: l", "E105", 1, 3),
        ("- macro: m", "E105", 1, 3),
        ("- rule: r", "E105", 1, 3),
        (RULE.replace("desc: d", "desc:"), "E106", 2, 3),
        (RULE.replace("desc: d", "desc: ''"), "E106", 2, 3),
        ("- rule:", "E106", 1, 3),
        (RULE.replace("desc: d", "desc: [d]"), "E107", 2, 9),
        ("- list: l\n  items: [[a]]", "E149", 2, 11),
        ("- list: l\n  items: [a, ~]", "E148", 2, 14),
        ("- list: l\n  items:", "E108", 2, 3),
        (RULE + "  tags:\n", "E108", 6, 3),
        ("- list: l\n  items: a", "E108", 2, 3),
        (RULE + "  tags: a\n", "E108", 6, 3),
        (RULE.replace("INFO", "LOUD"), "E109", 5, 13),
        (RULE + "  enabled: maybe\n", "E110", 6, 12),
        (RULE + "  capture_duration: 1.5\n", "E111", 6, 21),
        (RULE + "  capture_duration: 4294967296\n", "E111", 6, 21),
        (RULE + "  override: [x]\n", "E115", 6, 3),
        (RULE + "  override: append\n", "W530", 6, 3),
        (RULE + "  override:\n", "W530", 6, 3),
        (RULE + "  override: {colour: append}\n", "E116", 6, 14),
        (RULE + "- rule: r\n  priority: INFO\n  override: {priority: append}\n", "E116", 8, 14),
        (RULE + "- rule: r\n  desc: d\n  override: {desc: append}\n  append: true\n", "E116", 9, 3),
        (RULE + "- rule: r\n  desc: d\n  override: {desc: twice}\n", "E117", 8, 20),
        (RULE + "- rule: r\n  override: {desc: append}\n", "E118", 7, 14),
        (RULE + "- rule: r\n  desc: x\n  output: y\n  override: {desc: append}\n", "E119", 8, 3),
        (RULE + RULE + "  source: other\n", "E220", 6, 9),
        ("- rule: r\n  condition: x\n  append: true\n", "E221", 1, 9),
        ("- macro: m\n  condition: x\n  override: {condition: append}\n", "E221", 1, 10),
        ("- list: l\n  items: [x]\n  override: {items: append}\n", "E221", 1, 9),
        ("- rule: r\n  enabled: true\n", "E221", 1, 9),
        (RULE + "- rule: r\n  append: true\n", "E223", 7, 3),
        (RULE + "  colour: red\n", "W501", 6, 3),
        (RULE + "  <<: {a: b}\n", "W501", 6, 3),
        ("- rul: r", "W502", 1, 3),
        ("- {}", "W502", 1, 3),
        ("- macro: 1m\n  condition: x", "W505", 1, 10),
        ("- list: a b\n  items: []", "W506", 1, 9),
        (RULE + "- rule: r\n  enabled: false\n", "W508", 7, 3),
        (RULE + "  source: k8s_audit\n", "W509", 1, 9),
        (RULE + "  desc: again\n", "W511", 6, 3),
        (RULE + "- rule: r\n  desc: d\n  override: {desc: append, desc: replace}\n", "W511", 8, 28),
    ],
)
def test_complaints(text: str, code: str, line: int, column: int) -> None:
    found = [found for found in load_text(text).diagnostics if found.code != "W508" or code == "W508"]
    assert [(one.code, one.line, one.column) for one in found] == [(code, line, column)]


def test_all_problems_of_a_file_in_one_run() -> None:
    files = load(
        """\
        - rule: one
          condition: [a]
          priority: LOUD
          tags: x
        - list: two
        - macro: three
          condition: ''
        - four: 4
        - rule: five
          desc: d
          condition: c
          output: o
          priority: INFO
        """
    )
    assert [(found.line, found.code) for found in sorted(files.diagnostics, key=lambda f: f.line)] == [
        (1, "E105"),
        (1, "E105"),
        (2, "E107"),
        (3, "E109"),
        (4, "E108"),
        (5, "E105"),
        (7, "E106"),
        (8, "W502"),
    ]
    assert [rule.name for rule in files.rules] == ["five"]


def test_an_item_that_could_not_be_read_causes_no_further_complaints() -> None:
    files = load("- rule: r\n  desc: d\n- rule: r\n  condition: and x\n  override: {condition: append}\n")
    assert [found.line for found in files.diagnostics] == [1, 1, 1]


def test_null_items_are_passed_over() -> None:
    files = load("-\n- ~\n- list: l\n  items: []\n---\n---\n- list: m\n  items: []\n")
    assert [definition.name for definition in files.lists] == ["l", "m"]
    assert not files.diagnostics


@pytest.mark.parametrize(
    ("name", "priority"),
    [("EMERGENCY", 0), ("Alert", 1), ("critical", 2), ("ERROR", 3), ("warning", 4), ("NOTICE", 5), ("info", 6)],
)
def test_priorities(name: str, priority: int) -> None:
    (rule,) = load(RULE.replace("INFO", name)).rules
    assert rule.priority == priority


@pytest.mark.parametrize("word", ["y", "Yes", "TRUE", "on", "true"])
def test_true(word: str) -> None:
    assert load(f"{RULE}  enabled: {word}\n").rules[0].enabled


@pytest.mark.parametrize("word", ["n", "No", "FALSE", "off", "'false'"])
def test_false(word: str) -> None:
    assert not load(f"{RULE}  enabled: {word}\n").rules[0].enabled


def test_redefinition_keeps_the_place() -> None:
    files = load(RULE + RULE.replace("r\n", "s\n", 1) + RULE.replace("desc: d", "desc: new"))
    assert [(rule.name, rule.desc) for rule in files.rules] == [("r", "new"), ("s", "d")]
    first, second = files.rules
    assert first.index < second.index < first.visibility


def test_override_of_every_key() -> None:
    files = load(
        RULE
        + """\
- rule: r
  desc: more
  condition: and x
  output: and %evt.num
  tags: [c]
  priority: ERROR
  enabled: false
  capture: true
  capture_duration: 5
  warn_evttypes: false
  skip-if-unknown-filter: true
  override:
    desc: append
    condition: append
    output: append
    tags: append
    priority: replace
    enabled: replace
    capture: replace
    capture_duration: replace
    warn_evttypes: replace
    skip-if-unknown-filter: replace
- rule: r
  output: new
  tags: [d]
  override: {output: replace, tags: replace}
"""
    )
    assert not files.diagnostics
    (rule,) = files.rules
    assert rule.desc == "d more"
    assert rule.condition.value == "evt.type = open and x"
    assert rule.output.value == "new"
    assert (rule.tags, rule.priority, rule.enabled) == (("d",), Priority.ERROR, False)
    assert (rule.capture, rule.capture_duration_ms, rule.warn_evttypes) == (True, 5, False)
    assert rule.skip_if_unknown_filter
    assert rule.condition.place(len("evt.type = open and")).line == 8


def test_old_append_ignores_other_keys() -> None:
    files = load(RULE + "- rule: r\n  condition: and x\n  priority: ERROR\n  enabled: false\n  append: true\n")
    (rule,) = files.rules
    assert rule.condition.value == "evt.type = open and x"
    assert (rule.priority, rule.enabled) == (Priority.INFORMATIONAL, True)
    assert codes(files) == ["W508"]


@pytest.mark.parametrize("source", ["", "''", "syscall"])
def test_a_change_may_name_the_source_or_leave_it_empty(source: str) -> None:
    files = load(RULE + f"- rule: r\n  desc: x\n  source: {source}\n  override: {{desc: append}}\n")
    assert not files.diagnostics
    assert files.rules[0].source == "syscall"


def test_lists_and_macros_change() -> None:
    files = load(
        """\
        - list: l
          items: [a]
        - list: l
          items: [b]
          override: {items: append}
        - list: n
          items: [x]
          override: {items: replace}
        - macro: m
          condition: a
        - macro: m
          condition: or b
          override: {condition: append}
        - macro: m2
          condition: a
        - macro: m2
          condition: b
        """
    )
    assert not files.diagnostics
    assert {entry.name: [item.value for item in entry.items] for entry in files.lists} == {"l": ["a", "b"], "n": ["x"]}
    assert {macro.name: macro.condition.value for macro in files.macros} == {"m": "a or b", "m2": "b"}


def test_lists_of_too_many_items(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collection, "MAX_ITEMS", 3)
    assert not load_text("- list: l\n  items: [a, b, c]\n").has_errors
    for text in (
        "- list: l\n  items: [a, b, c, d]\n",
        "- list: l\n  items: [a, b]\n- list: l\n  items: [c, d]\n  append: true\n",
    ):
        (found,) = (one for one in load_text(text).diagnostics if one.severity == "error")
        assert (found.code, found.item) == ("E112", 'list "l"')
