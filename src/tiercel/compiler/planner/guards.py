# SPDX-License-Identifier: Apache-2.0
"""Guards: cheap checks that a condition requires, each with the required result."""

from __future__ import annotations

from typing import Final, TypeAlias

from tiercel.compiler.ir.program import Read
from tiercel.compiler.ir.tree import Const, Leaf, Tree
from tiercel.lang.ast import And, Not, Or

__all__ = ["Guard", "Guards"]

Guard: TypeAlias = tuple[Leaf, bool]

_NONE: Final[frozenset[Guard]] = frozenset()
_MAX_GUARD_COST: Final = 5  # the cost of a process field and a comparison with one constant


class Guards:
    """Finder of guards; caches results for trees that conditions share."""

    def __init__(self) -> None:
        self._memo: tuple[dict[int, tuple[Tree, frozenset[Guard]]], dict[int, tuple[Tree, frozenset[Guard]]]] = ({}, {})

    def of(self, cond: Tree) -> frozenset[Guard]:
        """Return the guards of a tree: it is false unless all of them hold."""
        return self._of(cond, positive=True)

    def _of(self, cond: Tree, *, positive: bool) -> frozenset[Guard]:
        memo = self._memo[positive]
        known = memo.get(id(cond))
        if known is not None:
            return known[1]
        result = _NONE
        match cond:
            case Leaf():
                result = frozenset({(cond, positive)}) if _is_cheap(cond) else _NONE
            case Not(term):
                result = self._of(term, positive=not positive)
            case And(terms) | Or(terms):
                found = [self._of(term, positive=positive) for term in terms]
                result = _NONE.union(*found) if isinstance(cond, And) is positive else found[0].intersection(*found)
            case Const():
                result = _NONE
        memo[id(cond)] = (cond, result)
        return result


def _is_cheap(leaf: Leaf) -> bool:
    """Return whether a check is a cheap comparison of one value, which is not a path, with constants."""
    check = leaf.check
    if check.right is not None or check.modifier is not None or leaf.cost > _MAX_GUARD_COST:
        return False
    return isinstance(check.left, Read) and check.left.ref.multi is None and not check.left.ref.path
