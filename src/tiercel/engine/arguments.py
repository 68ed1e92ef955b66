# SPDX-License-Identifier: Apache-2.0
"""Validation of arguments of the public API."""

from __future__ import annotations

import os
from typing import Any, Literal, get_args

from tiercel.compiler import PathMatching
from tiercel.engine.ruleset import Ruleset
from tiercel.errors import UsageError

__all__ = ["Overflow", "RuleMatching", "check_choice", "check_matching", "check_rules"]

RuleMatching = Literal["first", "all"]
Overflow = Literal["drop_oldest", "drop_newest", "block"]


def check_rules(rules: object) -> None:
    """Refuse an object that is not a rule set.

    Raises:
        UsageError: E607.
    """
    if isinstance(rules, Ruleset):
        return
    path = repr(os.fspath(rules)) if isinstance(rules, (str, os.PathLike)) else ""
    hint = f"Ruleset.load({path}) reads rule files"
    raise UsageError("E607", f"rules is a Ruleset, not {type(rules).__name__}", hint=hint)


def check_choice(name: str, value: object, literal: Any) -> None:
    """Refuse a value that a ``Literal`` does not contain.

    Raises:
        UsageError: E607.
    """
    choices = get_args(literal)
    if not isinstance(value, str) or value not in choices:
        raise UsageError("E607", f"{name} is {' or '.join(choices)}, not {value!r}")


def check_matching(path_matching: object, rule_matching: object) -> None:
    """Refuse wrong values of these two arguments.

    Raises:
        UsageError: E607.
    """
    check_choice("path_matching", path_matching, PathMatching)
    check_choice("rule_matching", rule_matching, RuleMatching)
