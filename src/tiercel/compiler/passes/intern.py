# SPDX-License-Identifier: Apache-2.0
"""Hash-consing: equal trees become one object, across all rules and event types."""

from __future__ import annotations

from tiercel.compiler.ir.tree import Const, ExactlyOne, Leaf, Memo, Tree, with_term, with_terms
from tiercel.lang.ast import And, Not, Or

__all__ = ["Pool", "holds", "share"]


class Pool:
    """Pool of unique trees, by kind and terms."""

    def __init__(self) -> None:
        self.trees: dict[tuple[object, ...], Tree] = {}
        self.memo: Memo[Tree, Tree] = {}


def share(cond: Tree, pool: Pool) -> Tree:
    """Return the pool's tree that equals ``cond``.  Two results are equal only if they are the same object."""
    if isinstance(cond, Leaf):
        return cond
    known = pool.memo.get(id(cond))
    if known is not None:
        return known[1]
    result: Tree
    match cond:
        case And(terms) | Or(terms) | ExactlyOne(terms):
            parts = tuple(share(term, pool) for term in terms)
            result = pool.trees.setdefault((type(cond), *map(id, parts)), with_terms(cond, parts))
        case Not(term):
            part = share(term, pool)
            result = pool.trees.setdefault((Not, id(part)), with_term(cond, part))
        case Const(value):
            result = pool.trees.setdefault((Const, value), cond)
    pool.memo[id(cond)] = (cond, result)
    pool.memo[id(result)] = (result, result)
    return result


def holds(conds: list[Tree]) -> bool:
    """Return whether all trees together meet the postcondition of the pass."""
    seen: dict[Tree, int] = {}

    def once(cond: Tree) -> bool:
        if seen.setdefault(cond, id(cond)) != id(cond):
            return False
        match cond:
            case And(terms) | Or(terms) | ExactlyOne(terms):
                return all(map(once, terms))
            case Not(term):
                return once(term)
            case _:
                return True

    return all(map(once, conds))
