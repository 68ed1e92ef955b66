# SPDX-License-Identifier: Apache-2.0
"""Text to tree: lists are pasted in, macros filled in."""

from __future__ import annotations

from tiercel.compiler.frontend.macros import Environment
from tiercel.compiler.ir.tree import Failed, walk
from tiercel.lang.ast import Check, Cond
from tiercel.lang.text import Text

__all__ = ["expand", "holds"]


def expand(text: Text, environment: Environment) -> Cond | Failed:
    """Return the tree of a rule's condition.  No macro name is left in it; its size and depth are bounded."""
    parsed = environment.parse(text)
    return parsed if isinstance(parsed, Failed) else environment.fill(parsed)


def holds(cond: Cond) -> bool:
    """Say whether the tree is what this pass promises."""
    return all(isinstance(leaf, Check) for leaf in walk(cond))
