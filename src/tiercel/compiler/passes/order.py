# SPDX-License-Identifier: Apache-2.0
"""Order of terms by cost, the cheapest first."""

from __future__ import annotations

from tiercel.compiler.ir.tree import Const, ExactlyOne, Leaf, Memo, Tree, with_term, with_terms
from tiercel.lang.ast import And, Not, Or

__all__ = ["cost", "holds", "order"]


def order(cond: Tree, memo: Memo[Tree, Tree], costs: Memo[Tree, int]) -> Tree:
    """Return the tree with the terms of each junction sorted by cost; the sort is stable.

    The meaning does not change: checks have no side effects, and no result is unknown.
    """
    if isinstance(cond, Leaf):
        return cond
    known = memo.get(id(cond))
    if known is not None:
        return known[1]
    result: Tree
    match cond:
        case And(terms) | Or(terms) | ExactlyOne(terms):
            ordered = sorted((order(term, memo, costs) for term in terms), key=lambda term: cost(term, costs))
            result = with_terms(cond, tuple(ordered))
        case Not(term):
            result = with_term(cond, order(term, memo, costs))
        case _:
            result = cond
    memo[id(cond)] = (cond, result)
    return result


def cost(cond: Tree, costs: Memo[Tree, int]) -> int:
    """Return the cost of all checks of a tree together."""
    match cond:
        case Leaf():
            return cond.cost
        case Const():
            return 0
        case Not(term):
            return cost(term, costs)
    known = costs.get(id(cond))
    if known is None:
        known = costs[id(cond)] = (cond, sum(cost(term, costs) for term in cond.terms))
    return known[1]


def holds(cond: Tree) -> bool:
    """Return whether the tree meets the postcondition of the pass."""
    match cond:
        case And(terms) | Or(terms) | ExactlyOne(terms):
            found = [cost(term, {}) for term in terms]
            return found == sorted(found) and all(map(holds, terms))
        case Not(term):
            return holds(term)
        case _:
            return True
