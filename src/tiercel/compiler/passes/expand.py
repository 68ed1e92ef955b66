# SPDX-License-Identifier: Apache-2.0
"""Replacement of macro names by the trees of the macros."""

from __future__ import annotations

from tiercel.compiler.frontend.macros import MacroTable
from tiercel.compiler.ir.tree import Failed, walk
from tiercel.lang.ast import Check, Cond

__all__ = ["expand", "holds"]


def expand(cond: Cond, macros: MacroTable) -> Cond | Failed:
    """Return the tree without macro names; its size and depth are bounded."""
    return macros.fill(cond)


def holds(cond: Cond) -> bool:
    """Return whether the tree meets the postcondition of the pass."""
    return all(isinstance(leaf, Check) for leaf in walk(cond))
