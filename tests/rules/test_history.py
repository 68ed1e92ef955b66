# SPDX-License-Identifier: Apache-2.0
"""Changes that each item of rule files made to earlier items."""

from __future__ import annotations

from tiercel.rules import load_text

FILE = """
- list: l
  items: [a]
- list: l
  items: [b]
  override: {items: append}
- macro: m
  condition: evt.type = open
- macro: m
  condition: evt.type = openat
- macro: m
  condition: or evt.type = creat
  append: true
- rule: r
  desc: d
  condition: m
  output: o
  priority: INFO
- rule: r
  condition: and proc.name in (l)
  priority: ERROR
  override: {condition: append, priority: replace}
- rule: r
  condition: and user.uid = 0
  append: true
- rule: r
  enabled: false
- rule: broken
  condition: m
- rule: none
  priority: ERROR
  override: {priority: replace}
"""


def test_history() -> None:
    changes = load_text(FILE).history
    shown = [
        (f"{change.kind} {change.name}", change.verb, dict(change.keys), change.span.text.place(change.span.start).line)
        for change in changes
        if change.name != "broken"
    ]
    assert shown == [
        ("list l", "defines", {}, 2),
        ("list l", "changes", {"items": "append"}, 4),
        ("macro m", "defines", {}, 7),
        ("macro m", "redefines", {}, 9),
        ("macro m", "changes", {"condition": "append"}, 11),
        ("rule r", "defines", {}, 14),
        ("rule r", "changes", {"condition": "append", "priority": "replace"}, 19),
        ("rule r", "changes", {"condition": "append"}, 23),
        ("rule r", "changes", {"enabled": "replace"}, 26),
    ]
