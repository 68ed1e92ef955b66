# SPDX-License-Identifier: Apache-2.0
"""Necessary index keys of a condition.

*Index keys* of a condition are a set of keys, each for the value of one source. Whenever the condition is true, at
least one of them hits. They are necessary for the condition, not sufficient. Checks of missing values are false, so a
true check has a value that its key hits. Negated checks have no index keys.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple, TypeAlias

from tiercel.compiler.ir.program import Operand, Source
from tiercel.compiler.ir.tree import Const, ExactlyOne, Leaf, Tree
from tiercel.compiler.planner.cost_model import reading
from tiercel.compiler.planner.glob_literals import glob_keys, path_keys
from tiercel.compiler.planner.regex_literals import expression_keys
from tiercel.compiler.planner.selectivity import hit_rate
from tiercel.lang.ast import And, Not, Or

__all__ = ["IndexKeys", "IndexKeysFinder", "Lookup"]

Lookup: TypeAlias = tuple[Source, str]
"""A source and the kind of a hit."""

_MAX_ALTERNATIVES: Final = 4  # sets of index keys that are kept for a condition
_USELESS: Final = 0.5  # keys with a higher hit rate are not used

_KINDS: Final = {
    "eq": "exact",
    "in": "exact",
    "intersects": "exact",
    "startswith": "prefix",
    "bstartswith": "prefix",
    "endswith": "suffix",
    "contains": "substring",
    "bcontains": "substring",
}


class IndexKeys(NamedTuple):
    """Keys of which at least one hits if the condition is true.

    Attributes:
        keys: pairs of the number of a lookup and a key.
        rate: estimated rate at which any key hits.
        cost: relative cost of a read of all the sources.
        lookups: the distinct numbers in ``keys``.
    """

    keys: tuple[tuple[int, Operand], ...]
    rate: float
    cost: int
    lookups: frozenset[int]


_NEVER: Final = IndexKeys((), 0.0, 0, frozenset())
_Found: TypeAlias = "tuple[IndexKeys, ...]"


class IndexKeysFinder:
    """Finder of index keys; caches results for trees that conditions share.

    Attributes:
        lookups: all lookups that index keys refer to, by number.
    """

    def __init__(self) -> None:
        self.lookups: list[Lookup] = []
        self._numbers: dict[Lookup, int] = {}
        self._costs: list[int] = []
        self._memo: tuple[dict[int, tuple[Tree, _Found]], dict[int, tuple[Tree, _Found]]] = ({}, {})

    def of(self, cond: Tree) -> _Found:
        """Return alternative sets of index keys of a tree, the rarest first; empty if the tree has none."""
        return self._of(cond, positive=True)

    def _of(self, cond: Tree, *, positive: bool) -> _Found:
        memo = self._memo[positive]
        known = memo.get(id(cond))
        if known is not None:
            return known[1]
        result: _Found = ()
        match cond:
            case Leaf() if positive:
                result = self._leaf(cond)
            case Const(value) if value is not positive:
                result = (_NEVER,)
            case Not(term):
                result = self._of(term, positive=not positive)
            case And(terms) if positive:
                result = _any_of(self._of(term, positive=True) for term in terms)
            case Or(terms) if not positive:
                result = _any_of(self._of(term, positive=False) for term in terms)
            case And(terms) | Or(terms):
                result = self._all_of([self._of(term, positive=positive) for term in terms])
            case ExactlyOne(terms) if positive:
                result = self._all_of([self._of(term, positive=True) for term in terms])
        memo[id(cond)] = (cond, result)
        return result

    def _all_of(self, found: list[_Found]) -> _Found:
        """Return the union of the best index keys of each term, since any term may be the true one."""
        if not all(found):
            return ()
        return self._made(tuple(dict.fromkeys(key for best, *_ in found for key in best.keys)))

    def _leaf(self, leaf: Leaf) -> _Found:
        check = leaf.check
        if check.right is not None or leaf.type.kind == "bool" or not check.operand:
            return ()
        needs_all = check.modifier == "allof"
        found: list[IndexKeys] = []
        for operands in zip(check.operand) if needs_all else (check.operand,):
            keys = [_keys(check.op, leaf.type.kind, operand) for operand in operands]
            if all(keys):
                numbered = ((self._number((check.left, kind)), key) for some in keys for kind, key in some)
                found += self._made(tuple(dict.fromkeys(numbered)))
        return tuple(sorted(found, key=_order)[:_MAX_ALTERNATIVES])

    def _made(self, keys: tuple[tuple[int, Operand], ...]) -> _Found:
        lookups = self.lookups
        rate = sum(hit_rate(*lookups[number], key) for number, key in keys)
        if rate > _USELESS:
            return ()
        used = frozenset([number for number, _ in keys])
        return (IndexKeys(keys, rate, sum(self._costs[number] for number in used), used),)

    def _number(self, lookup: Lookup) -> int:
        number = self._numbers.get(lookup)
        if number is None:
            number = self._numbers[lookup] = len(self.lookups)
            self.lookups.append(lookup)
            self._costs.append(reading(lookup[0]))
        return number


def _any_of(found: Iterator[_Found]) -> _Found:
    """Return the best index keys of any term, since all terms are true."""
    return tuple(sorted((index_keys for some in found for index_keys in some), key=_order)[:_MAX_ALTERNATIVES])


def _order(index_keys: IndexKeys) -> float:
    """Return the sort key: the rate counts most, since rules share the read of a source but not evaluation."""
    return index_keys.rate + 0.001 * index_keys.cost


def _keys(op: str, kind: str, operand: Operand) -> tuple[tuple[str, Operand], ...]:
    """Return kinds and keys of which one hits if a check with this constant is true; empty if unknown."""
    known = _KINDS.get(op)
    if known is not None:
        return (("network" if kind == "net" else known, operand),)
    if not isinstance(operand, bytes):
        return ()
    match op:
        case "icontains":
            return (("isubstring", operand.lower()),)
        case "glob" | "iglob":
            return glob_keys(operand, fold=op == "iglob")
        case "pmatch":
            return path_keys(operand)
        case "regex":
            return expression_keys(operand)
        case _:
            return ()
