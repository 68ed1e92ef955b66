# SPDX-License-Identifier: Apache-2.0
"""Loading and selection of rules by a configuration."""

from __future__ import annotations

import os

from tiercel.config.config import Config, Selection
from tiercel.engine.ruleset import Ruleset
from tiercel.rules import Content, Priority

__all__ = ["load_rules", "select", "without_effect"]


def load_rules(config: Config, *paths: str | os.PathLike[str] | Content) -> Ruleset:
    """Load rule files, or the packaged rules by default, with the additions and selections of the configuration.

    Raises:
        RulesError: the files, or the additions to them, have an error.
    """
    if paths:
        rules = Ruleset.load(*paths, append_output=config.append_output, static_fields=config.static_fields)
    else:
        rules = Ruleset.packaged(append_output=config.append_output, static_fields=config.static_fields)
    return select(config, rules)


def select(config: Config, rules: Ruleset) -> Ruleset:
    """Return ``rules`` with the rules enabled and disabled that the configuration names."""
    for entry in config.rules:
        if rules.matching(rule=entry.rule, tag=entry.tag):
            switch = rules.enable if entry.enable else rules.disable
            rules = switch(rule=entry.rule, tag=entry.tag)
    priority = Priority.parse(config.priority)
    assert priority is not None
    return rules if priority is Priority.DEBUG else rules.at_least(priority)


def without_effect(config: Config, rules: Ruleset) -> tuple[Selection, ...]:
    """Return the entries of ``rules:`` that match no rule: probably misspelt."""
    return tuple(entry for entry in config.rules if not rules.matching(rule=entry.rule, tag=entry.tag))
