# SPDX-License-Identifier: Apache-2.0
"""Differences of two rule sets."""

from __future__ import annotations

from tiercel import Priority, Ruleset
from tiercel.engine.rule_changes import RuleChanges, rule_changes

TEXT = """
- macro: opened
  condition: evt.type in (open, openat)
- list: names
  items: [/etc/a]
"""


def rule(name: str, condition: str = "opened and fd.name in (names)", **keys: object) -> str:
    more = "".join(f"  {key}: {value}\n" for key, value in ({"priority": "NOTICE", "output": name} | keys).items())
    return f"- rule: {name}\n  desc: d\n  condition: {condition}\n{more}"


def changes(before: str, now: str) -> RuleChanges:
    return rule_changes(Ruleset.loads(before, "before"), Ruleset.loads(now, "now"))


def test_nothing_changed_though_lines_moved() -> None:
    text = TEXT + rule("A") + rule("B")
    assert not changes(text, f"# a comment\n\n{text}")


def test_added_and_removed_in_matching_order() -> None:
    found = changes(TEXT + rule("A") + rule("B"), TEXT + rule("D") + rule("B") + rule("C"))
    assert found == RuleChanges(added=("D", "C"), removed=("A",))


def test_a_macro_and_a_list_change_the_rules_that_use_them() -> None:
    text = TEXT + rule("A") + rule("B", "opened")
    assert changes(text, text.replace("/etc/a", "/etc/b")).changed == ("A",)
    assert changes(text, text.replace("open, openat", "open, openat2")).changed == ("A", "B")


def test_output_priority_tags_and_capture() -> None:
    for keys in ({"output": "'%fd.name'"}, {"priority": "ERROR"}, {"tags": "[x]"}, {"capture": "true"}):
        assert changes(TEXT + rule("A") + rule("B"), TEXT + rule("A") + rule("B", **keys)).changed == ("B",)


def test_a_disabled_rule_is_removed() -> None:
    rules = Ruleset.loads(TEXT + rule("A") + rule("B"))
    assert rule_changes(rules, rules.disable(rule="A")) == RuleChanges(removed=("A",))
    assert rule_changes(rules, rules.at_least(Priority.ERROR)) == RuleChanges(removed=("A", "B"))
