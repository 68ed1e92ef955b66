# SPDX-License-Identifier: Apache-2.0
"""Rulesets: loading, selecting, errors."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import vectors

import tiercel
from tiercel import Priority, RulesError, Ruleset, UsageError

TEXT = """
- rule: first
  desc: d
  condition: evt.type = open
  output: "%proc.name"
  priority: WARNING
  tags: [b, a]
- rule: second thing
  desc: d
  condition: evt.type = execve
  output: x
  priority: DEBUG
  enabled: false
"""


def names(rules: tuple[tiercel.Rule, ...]) -> list[str]:
    return [rule.name for rule in rules]


def test_loads() -> None:
    rules = Ruleset.loads(TEXT)
    assert names(rules.rules) == ["first", "second thing"]
    assert names(rules.enabled) == ["first"]
    assert rules.warnings == ()
    assert len(rules) == 2
    assert repr(rules) == "<Ruleset of 2 rules, 1 enabled>"


def test_load_files_and_folders_in_order(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(TEXT)
    folder = tmp_path / "local.d"
    folder.mkdir()
    (folder / "a.yaml").write_text("- rule: first\n  condition: and proc.name = x\n  override: {condition: append}\n")
    rules = Ruleset.load(tmp_path / "one.yaml", str(folder))
    assert rules.rules[0].condition.value == "evt.type = open and proc.name = x"


def test_lists_and_macros_of_a_folder_come_first(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(TEXT.replace("evt.type = open\n", "opened and proc.name in (shells)\n"))
    (tmp_path / "lists.yaml").write_text("- list: shells\n  items: [sh]\n")
    (tmp_path / "macros.yaml").write_text("- macro: opened\n  condition: evt.type = open\n")
    assert len(Ruleset.load(tmp_path)) == 2


def test_errors_are_diagnostics(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_text(TEXT.replace("proc.name", "proc.nmae").replace("execve", "exceve"))
    with pytest.raises(RulesError) as caught:
        Ruleset.load(path)
    found = caught.value.diagnostics
    assert [diagnostic.line for diagnostic in found] == [5, 10]
    assert all(diagnostic.severity == "error" and diagnostic.file == str(path) for diagnostic in found)
    assert caught.value.code == found[0].code
    assert "proc.name" in (found[0].hint or "")


def test_warnings() -> None:
    rules = Ruleset.loads(TEXT + "- list: unused\n  items: [x]\n")
    (warning,) = rules.warnings
    assert warning.severity == "warning"
    assert warning.code.startswith("W")


def test_nothing_to_load() -> None:
    with pytest.raises(UsageError):
        Ruleset.load()


@pytest.mark.parametrize(
    ("method", "arguments", "expected"),
    [
        ("enable", {"rule": "second*"}, ["first", "second thing"]),
        ("enable", {"rule": "sec*nd"}, ["first"]),
        ("disable", {"rule": "*"}, []),
        ("disable", {"tag": "a"}, []),
        ("disable", {"rule": "firs?*"}, ["first"]),
        ("disable", {"rule": "[f]irst*"}, ["first"]),
        ("disable", {"rule": "none", "tag": "b"}, []),
    ],
)
def test_switching(method: str, arguments: dict[str, str], expected: list[str]) -> None:
    before = Ruleset.loads(TEXT)
    assert names(getattr(before, method)(**arguments).enabled) == expected
    assert names(before.enabled) == ["first"]


@pytest.mark.parametrize("arguments", [{"rule": "second"}, {"tag": "A"}, {"rule": "firs?"}, {"rule": "[f]irst"}])
def test_a_name_or_tag_that_no_rule_has_is_refused(arguments: dict[str, str]) -> None:
    rules = Ruleset.loads(TEXT)
    assert rules.matching(**arguments) == ()
    for method in (rules.enable, rules.disable):
        with pytest.raises(UsageError, match="no rule"):
            method(**arguments)


def test_patterns_are_falcos(shared_dir: Path) -> None:
    cases = [case for case in vectors.load(shared_dir, "engine_misc")["cases"] if case["kind"] == "matches_wildcard"]
    assert len(cases) == 16
    for case in cases:
        text = f"- {{rule: '{case['text'] or 'x'}', desc: d, condition: evt.type = open, output: o, priority: INFO}}\n"
        if case["text"]:  # a rule without a name does not load
            assert bool(Ruleset.loads(text).matching(rule=case["pattern"])) == case["value"], case


def test_switching_needs_a_name() -> None:
    with pytest.raises(UsageError):
        Ruleset.loads(TEXT).enable()


def test_priorities() -> None:
    rules = Ruleset.loads(TEXT).enable(rule="*")
    assert names(rules.at_least(Priority.NOTICE).enabled) == ["first"]
    assert names(rules.at_least(Priority.ERROR).enabled) == []
    assert names(rules.at_least(Priority.DEBUG).enabled) == ["first", "second thing"]


def test_the_public_names() -> None:
    for name in tiercel.__all__:
        assert getattr(tiercel, name).__name__ == name
    assert set(tiercel.__all__) <= set(dir(tiercel))
    with pytest.raises(AttributeError):
        tiercel.Nothing  # noqa: B018
