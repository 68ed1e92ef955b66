# SPDX-License-Identifier: Apache-2.0
"""Replacement of macro names by the trees of the macros."""

from __future__ import annotations

from tiercel.compiler.frontend.macros import Environment
from tiercel.compiler.ir.tree import Failed, walk
from tiercel.lang.ast import Check, Cond

__all__ = ["expand", "holds"]


def expand(cond: Cond, macros: Environment) -> Cond | Failed:
    """Return the tree without macro names; its size and depth are bounded."""
    return macros.fill(cond)


def holds(cond: Cond) -> bool:
    """Say whether the tree is what this pass promises."""
    return all(isinstance(leaf, Check) for leaf in walk(cond))
