# SPDX-License-Identifier: Apache-2.0
"""Cost model of evaluation; it decides which index lookups pay, never which rules match."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from types import MappingProxyType
from typing import Final

from tiercel.compiler.ir.program import Read, Source, Transform, reads
from tiercel.compiler.ir.tree import Const, ExactlyOne, Leaf, Tree
from tiercel.compiler.planner.selectivity import truth_rate
from tiercel.frozen import frozen
from tiercel.lang.ast import And, Not, Or
from tiercel.schema.names import FIELD_BY_NAME, TRANSFORMER_BY_NAME

__all__ = ["COSTS", "FREE", "Costs", "Trials", "reading"]


# Length in bytes of a text that is searched: by default, and of fields that are much longer than a path.
_LENGTH: Final = 45
_LONG: Final = {"proc.env": 1500, "proc.aenv": 1500, "evt.args": 150, "evt.info": 150, "evt.buffer": 80}

_LOOKUPS: Final[Mapping[str, float]] = MappingProxyType({
    "exact": 8.0,
    "prefix": 11.0,
    "path": 13.0,
    "suffix": 9.0,
    "substring": 8.0,
    "isubstring": 8.0,
    "network": 10.0,
})  # fmt: skip


@frozen
class Costs:
    """Costs in nanoseconds on a machine of 2020: callgrind instructions for common rules, twelve to a nanosecond.

    Attributes:
        lookups: one index lookup, by kind.
        byte: additional cost of a substring lookup for each byte of the text.
        reading: one read of a source, for each unit of its cost in the schema.
        plan: fixed cost of a plan.
        bucket: fixed cost of a bucket.
        guard: one guard of a bucket; another bucket usually decided it already.
        candidate: one candidate that a lookup found.
    """

    lookups: Mapping[str, float] = _LOOKUPS
    byte: float = 0.15
    reading: float = 3.0
    plan: float = 20.0
    bucket: float = 2.0
    guard: float = 0.5
    candidate: float = 10.0

    def lookup(self, source: Source, kind: str) -> float:
        """Return the cost of one index lookup without the read of its source."""
        bytes_ = _length(source) if kind in {"substring", "isubstring"} else 0
        return self.lookups[kind] + self.byte * bytes_


COSTS: Final = Costs()

FREE: Final = Costs(dict.fromkeys(_LOOKUPS, 0.0), 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
"""With these costs, every rule that has index keys is found by them, even in a small rule set."""

_ENTRY: Final = 12.0  # nanoseconds for a rule
_CHECK: Final = 5.0  # nanoseconds for a check without its comparison and the read of its source
_DECIDED: Final = 1.2  # nanoseconds for a check that is decided already
_COMPARISON: Final = 1.0  # for each unit of the operator's cost, for each constant
_CONSTANTS: Final = 4  # a comparison with more constants takes no longer
_SHARED: Final = 0.4  # share of the read, which only the first check on a source pays
_SCANS: Final = {"contains": 0.2, "bcontains": 0.2, "icontains": 0.3}  # for each byte that is searched


class Trials:
    """Estimator of evaluation costs; caches results for trees that conditions share."""

    def __init__(self, costs: Costs) -> None:
        self._reading = costs.reading * _SHARED
        self._decided: dict[Leaf, bool] = {}
        self._leaves: dict[Leaf, tuple[float, float]] = {}
        self._memo: dict[int, tuple[Tree, tuple[float, float]]] = {}
        self._given: dict[frozenset[tuple[Leaf, bool]], Trials] = {}

    def given(self, decided: frozenset[tuple[Leaf, bool]]) -> Trials:
        """Return an estimator that takes some checks as decided already."""
        known = self._given.get(decided)
        if known is None:
            known = self._given[decided] = copy(self)
            known._decided, known._memo = dict(decided), {}
        return known

    def cost(self, cond: Tree) -> float:
        """Return the nanoseconds to evaluate a rule with this tree; the first checks usually decide it."""
        return _ENTRY + self._of(cond)[0]

    def _of(self, cond: Tree) -> tuple[float, float]:
        """Return the cost, and the rate at which the tree is true."""
        if isinstance(cond, Leaf):
            return self._leaf(cond)
        known = self._memo.get(id(cond))
        if known is not None:
            return known[1]
        result = 0.0, 0.5
        match cond:
            case Const(value):
                result = 0.0, float(value)
            case Not(term):
                cost, true = self._of(term)
                result = cost, 1 - true
            case And(terms):
                result = self._chain(terms, decides=False)
            case Or(terms):
                cost, false = self._chain(terms, decides=True)
                result = cost, 1 - false
            case ExactlyOne(terms):
                some = [self._of(term) for term in terms]
                result = sum(cost for cost, _ in some), min(1.0, sum(true for _, true in some))
        self._memo[id(cond)] = (cond, result)
        return result

    def _leaf(self, leaf: Leaf) -> tuple[float, float]:
        if leaf in self._decided:
            return _DECIDED, float(self._decided[leaf])
        known = self._leaves.get(leaf)
        if known is None:
            check = leaf.check
            cost = _CHECK + self._reading * (reading(check.left) + reading(check.right))
            if check.op in _SCANS:
                cost += _SCANS[check.op] * _length(check.left)
            else:
                cost += _COMPARISON * leaf.op.cost * min(len(check.operand) or 1, _CONSTANTS)
            known = self._leaves[leaf] = cost, truth_rate(leaf)
        return known

    def _chain(self, terms: tuple[Tree, ...], *, decides: bool) -> tuple[float, float]:
        """Return the cost of terms up to the first with the value ``decides``, and the rate at which no term has it."""
        total, left = 0.0, 1.0
        for term in terms:
            cost, true = self._of(term)
            total += left * cost
            left *= 1 - true if decides else true
        return total, left


def reading(source: object) -> int:
    """Return the cost of a read of a source, in units of the schema."""
    if isinstance(source, Read):
        return FIELD_BY_NAME[source.field].cost
    own = TRANSFORMER_BY_NAME[source.name].cost if isinstance(source, Transform) else 0
    return own + sum(FIELD_BY_NAME[read.field].cost for read in reads(source))


def _length(source: Source) -> int:
    return _LONG.get(source.field, _LENGTH) if isinstance(source, Read) else _LENGTH
