# SPDX-License-Identifier: Apache-2.0
"""What evaluation costs, estimated: it decides which look-ups pay.  Never what matches."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from tiercel.compiler.nodes import Const, ExactlyOne, Leaf
from tiercel.compiler.program import Read, Source, reads
from tiercel.compiler.selectivity import truth_rate
from tiercel.frozen import frozen
from tiercel.lang.ast import And, Not, Or
from tiercel.schema.names import FIELD_BY_NAME, TRANSFORMER_BY_NAME

__all__ = ["COSTS", "FREE", "Costs", "Trials", "reading"]


_LOOKUPS: Final[Mapping[str, float]] = MappingProxyType({
    "exact": 12.0,
    "prefix": 15.0,
    "path": 20.0,
    "suffix": 15.0,
    "substring": 50.0,
    "isubstring": 70.0,
    "network": 12.0,
})  # fmt: skip


@frozen
class Costs:
    """Nanoseconds, roughly, on a machine of 2020.

    Attributes:
        lookups: one look-up, by its kind.
        reading: reading a source, for each unit of its cost in the schema.
        bucket: coming to a bucket.
        guard: a guard of a bucket; most of them were decided for another one.
        candidate: taking note of an entry that a look-up found, and turning to it.
    """

    lookups: Mapping[str, float] = _LOOKUPS
    reading: float = 3.0
    bucket: float = 4.0
    guard: float = 3.0
    candidate: float = 15.0


COSTS: Final = Costs()

FREE: Final = Costs(dict.fromkeys(_LOOKUPS, 0.0), 0.0, 0.0, 0.0, 0.0)
"""With these every rule that has a witness is found by it, however few rules there are."""

_CHECK: Final = 4.0  # a check, besides what its own cost says
_UNIT: Final = 2.0  # for each unit of a check's cost


class Trials:
    """Estimates what it costs to try conditions; remembers trees that conditions share."""

    def __init__(self) -> None:
        self._memo: dict[int, tuple[Any, tuple[float, float]]] = {}

    def cost(self, cond: Any) -> float:
        """Return the nanoseconds that it takes to decide a tree: most are decided by their first checks."""
        return self._of(cond)[0]

    def _of(self, cond: Any) -> tuple[float, float]:
        """Return the cost, and how often the tree is true."""
        known = self._memo.get(id(cond))
        if known is not None:
            return known[1]
        result = 0.0, 0.5
        match cond:
            case Leaf():
                result = _CHECK + _UNIT * cond.cost, truth_rate(cond)
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

    def _chain(self, terms: tuple[Any, ...], *, decides: bool) -> tuple[float, float]:
        """Return the cost of terms of which the first with the value ``decides`` ends it, and how often none does."""
        total, left = 0.0, 1.0
        for term in terms:
            cost, true = self._of(term)
            total += left * cost
            left *= 1 - true if decides else true
        return total, left


def reading(source: Source) -> int:
    """Return the cost of reading a source, as the schema has it."""
    own = 0 if isinstance(source, Read) else TRANSFORMER_BY_NAME[source.name].cost
    return own + sum(FIELD_BY_NAME[read.field].cost for read in reads(source))
