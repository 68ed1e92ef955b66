# SPDX-License-Identifier: Apache-2.0
"""What evaluation costs, estimated: it decides which look-ups pay.  Never what matches."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from types import MappingProxyType
from typing import Any, Final

from tiercel.compiler.ir.program import Call, Read, Source, reads
from tiercel.compiler.ir.tree import Const, ExactlyOne, Leaf
from tiercel.compiler.planner.selectivity import truth_rate
from tiercel.frozen import frozen
from tiercel.lang.ast import And, Not, Or
from tiercel.schema.names import FIELD_BY_NAME, TRANSFORMER_BY_NAME

__all__ = ["COSTS", "FREE", "Costs", "Trials", "reading"]


# Bytes of a text that is looked through; of the fields that are much longer than a path.
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
    """Nanoseconds on a machine of 2020: instructions, as callgrind counts them for common rules, twelve to one.

    Attributes:
        lookups: one look-up, by its kind.
        byte: what a look-up of substrings takes longer for each byte of the text.
        reading: reading a source, for each unit of its cost in the schema.
        plan: beginning with a plan at all.
        bucket: coming to a bucket.
        guard: a guard of a bucket; most of them were decided for another one.
        candidate: taking note of an entry that a look-up found, and turning to it.
    """

    lookups: Mapping[str, float] = _LOOKUPS
    byte: float = 0.15
    reading: float = 3.0
    plan: float = 20.0
    bucket: float = 2.0
    guard: float = 0.5
    candidate: float = 10.0

    def lookup(self, source: Source, kind: str) -> float:
        """Return what one look-up costs, the reading of its source aside."""
        bytes_ = _length(source) if kind in {"substring", "isubstring"} else 0
        return self.lookups[kind] + self.byte * bytes_


COSTS: Final = Costs()

FREE: Final = Costs(dict.fromkeys(_LOOKUPS, 0.0), 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
"""With these every rule that has a witness is found by it, however few rules there are."""

_ENTRY: Final = 12.0  # nanoseconds of coming to a rule
_CHECK: Final = 5.0  # of a check, its comparison and the reading of its source aside
_DECIDED: Final = 1.2  # of a check that has been decided
_COMPARISON: Final = 1.0  # for each unit of the operator's cost, for each constant
_CONSTANTS: Final = 4  # comparing with more of them takes no longer
_SHARED: Final = 0.4  # of the reading, which is done for the first of the checks on a source
_SCANS: Final = {"contains": 0.2, "bcontains": 0.2, "icontains": 0.3}  # for each byte that is looked through


class Trials:
    """Estimates what it costs to try conditions; remembers trees that conditions share."""

    def __init__(self, costs: Costs) -> None:
        self._reading = costs.reading * _SHARED
        self._decided: dict[Leaf, bool] = {}
        self._leaves: dict[Leaf, tuple[float, float]] = {}
        self._memo: dict[int, tuple[Any, tuple[float, float]]] = {}
        self._given: dict[frozenset[tuple[Leaf, bool]], Trials] = {}

    def given(self, decided: frozenset[tuple[Leaf, bool]]) -> Trials:
        """Return estimates for when checks have been decided before, and how."""
        known = self._given.get(decided)
        if known is None:
            known = self._given[decided] = copy(self)
            known._decided, known._memo = dict(decided), {}
        return known

    def cost(self, cond: Any) -> float:
        """Return the nanoseconds that it takes to try a rule with this tree: most are decided by their first checks."""
        return _ENTRY + self._of(cond)[0]

    def _of(self, cond: Any) -> tuple[float, float]:
        """Return the cost, and how often the tree is true."""
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

    def _chain(self, terms: tuple[Any, ...], *, decides: bool) -> tuple[float, float]:
        """Return the cost of terms of which the first with the value ``decides`` ends it, and how often none does."""
        total, left = 0.0, 1.0
        for term in terms:
            cost, true = self._of(term)
            total += left * cost
            left *= 1 - true if decides else true
        return total, left


def reading(source: object) -> int:
    """Return the cost of reading a source, as the schema has it."""
    if isinstance(source, Read):
        return FIELD_BY_NAME[source.field].cost
    own = TRANSFORMER_BY_NAME[source.name].cost if isinstance(source, Call) else 0
    return own + sum(FIELD_BY_NAME[read.field].cost for read in reads(source))


def _length(source: Source) -> int:
    return _LONG.get(source.field, _LENGTH) if isinstance(source, Read) else _LENGTH
