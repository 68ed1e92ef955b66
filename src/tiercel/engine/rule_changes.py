# SPDX-License-Identifier: Apache-2.0
"""Differences of two rule sets, by rule."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tiercel.engine.ruleset import Ruleset
from tiercel.frozen import frozen

__all__ = ["RuleChanges", "rule_changes"]


@frozen
class RuleChanges:
    """Names of the enabled rules that differ.

    Attributes:
        added: rules that are new or were disabled.
        removed: rules that are gone or disabled now.
        changed: rules with another condition, output, priority, tags or capture; also through a macro or list.
    """

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


def rule_changes(before: Ruleset, now: Ruleset) -> RuleChanges:
    """Return the differences of the enabled rules, in matching order."""
    old, new = _contents(before), _contents(now)
    return RuleChanges(
        added=_names(new.keys() - old.keys(), new),
        removed=_names(old.keys() - new.keys(), old),
        changed=_names((name for name in new.keys() & old.keys() if new[name] != old[name]), new),
    )


def _names(chosen: Iterable[str], order: Iterable[str]) -> tuple[str, ...]:
    wanted = frozenset(chosen)
    return tuple(name for name in order if name in wanted)


def _contents(rules: Ruleset) -> dict[str, Any]:
    enabled = {rule.name for rule in rules.enabled}
    return {
        entry.rule.name: (
            _content(entry.cond),
            _content(entry.template),
            entry.rule.priority,
            frozenset(entry.rule.tags),
            (entry.rule.capture, entry.rule.capture_duration_ms),
        )
        for entry in rules.checked_rules
        if entry.rule.name in enabled
    }


def _content(node: Any) -> Any:
    """Return a tree of frozen objects as tuples without positions in files."""
    if isinstance(node, tuple):
        return tuple(_content(one) for one in node)
    if not hasattr(node, "__frozen_fields__"):
        return node
    return type(node), tuple(_content(getattr(node, name)) for name in node.__match_args__ if name != "span")
