# SPDX-License-Identifier: Apache-2.0
"""Loading and selection of rules by a configuration."""

from __future__ import annotations

import os
from pathlib import Path

from tiercel.config.config import Config, Selection
from tiercel.engine.ruleset import Ruleset
from tiercel.rules import Content, Priority

__all__ = ["load_rules", "missing_rules_files", "rules_paths", "select", "without_effect"]


def load_rules(config: Config, *paths: str | os.PathLike[str] | Content) -> Ruleset:
    """Load rules with the additions and selections of the configuration.

    Without ``paths`` it loads the ``rules_files`` of the configuration that exist. If there are none, it loads the
    packaged rules.

    Raises:
        RulesError: the files, or the additions to them, have an error.
    """
    named = paths or rules_paths(config)
    if named:
        rules = Ruleset.load(*named, append_output=config.append_output, static_fields=config.static_fields)
    else:
        rules = Ruleset.packaged(append_output=config.append_output, static_fields=config.static_fields)
    return select(config, rules)


def rules_paths(config: Config) -> tuple[str, ...]:
    """Return the entries of ``rules_files`` that exist."""
    return tuple(path for path in config.rules_files if not _is_missing(path))


def missing_rules_files(config: Config) -> tuple[str, ...]:
    """Return the entries of ``rules_files`` that :func:`load_rules` skips, as Falco does: nothing is there."""
    return tuple(path for path in config.rules_files if _is_missing(path))


def _is_missing(path: str) -> bool:
    """Return whether nothing is there; what cannot be read for another reason is an error of its own."""
    try:
        Path(path).stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except (OSError, ValueError):
        pass
    return False


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
