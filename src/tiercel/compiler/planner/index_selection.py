# SPDX-License-Identifier: Apache-2.0
"""Selection of the index lookups of a bucket; few, since every event pays for each of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import starmap
from typing import Final, NamedTuple

from tiercel.compiler.ir.tree import Tree
from tiercel.compiler.planner.cost_model import Costs, reading
from tiercel.compiler.planner.index_keys import IndexKeys, Lookup

__all__ = ["Candidate", "IndexSelection", "IndexSelector"]

_FEW: Final = 16  # a lookup with more entries is always kept


class Candidate(NamedTuple):
    """An entry with its possible index keys.

    Attributes:
        entry: its place among the entries of its event type.
        cond: its condition.
        alternatives: possible sets of index keys, the best first.
        plain: cost of an evaluation of the entry, nanoseconds.
    """

    entry: int
    cond: Tree
    alternatives: tuple[IndexKeys, ...]
    plain: float


class IndexSelection(NamedTuple):
    """The index keys of each entry, and their cost for each event that reaches the bucket.

    Attributes:
        chosen: by entry, its index keys, or None if the entry is always evaluated.
        lookups: numbers of the lookups of all chosen keys.
        found: nanoseconds for the entries with index keys, weighted by their hit rate.
        tried: nanoseconds for the entries without.
    """

    chosen: dict[int, IndexKeys | None]
    lookups: frozenset[int]
    found: float
    tried: float


class IndexSelector:
    """Selector of index keys."""

    def __init__(self, lookups: Sequence[Lookup], costs: Costs) -> None:
        self._lookups = lookups
        self._costs = costs

    def select(self, candidates: Iterable[Candidate]) -> IndexSelection:
        """Return the selection for some entries: their best index keys, without the lookups that do not pay."""
        by_entry = {candidate.entry: candidate for candidate in candidates}
        chosen = {entry: found.alternatives[0] if found.alternatives else None for entry, found in by_entry.items()}
        users: dict[int, set[int]] = {}
        for entry, index_keys in chosen.items():
            for number in _lookups(index_keys):
                users.setdefault(number, set()).add(entry)
        spared = True
        while spared:
            few = sorted((number for number in users if len(users[number]) <= _FEW), key=lambda at: len(users[at]))
            spared = any(self._spare(number, by_entry, chosen, users) for number in few)
        found = tried = 0.0
        for entry, index_keys in chosen.items():
            if index_keys is None:
                tried += by_entry[entry].plain
            else:
                found += self._trying(by_entry[entry], index_keys)
        return IndexSelection(chosen, frozenset(users), found, tried)

    def price(self, lookups: Iterable[int]) -> float:
        """Return the cost of lookups together; each source is read once."""
        pairs = [self._lookups[number] for number in lookups]
        sources = {source for source, _ in pairs}
        return sum(starmap(self._costs.lookup, pairs)) + self._costs.reading * sum(map(reading, sources))

    def _spare(
        self,
        number: int,
        by_entry: dict[int, Candidate],
        chosen: dict[int, IndexKeys | None],
        users: dict[int, set[int]],
    ) -> bool:
        """Drop a lookup if other lookups, or unconditional evaluation, find its entries at less cost."""
        moved = users[number]
        rest = users.keys() - {number}
        best = {entry: self._best(by_entry[entry], rest) for entry in moved}
        needed = {used for index_keys in best.values() for used in _lookups(index_keys)}
        freed = {other for other in users if users[other] <= moved and other not in needed}
        gain = self.price(users) - self.price(users.keys() - freed)
        loss = sum(
            self._trying(by_entry[entry], best[entry]) - self._trying(by_entry[entry], chosen[entry]) for entry in moved
        )
        if loss >= gain:
            return False
        chosen.update(best)
        for other in freed:
            del users[other]
        for other, entries in users.items():
            entries.difference_update(moved)
            entries.update(entry for entry in best if other in _lookups(best[entry]))
        return True

    def _best(self, candidate: Candidate, among: set[int]) -> IndexKeys | None:
        """Return the cheapest index keys of an entry within some lookups, or None if evaluation is cheaper."""
        some = [index_keys for index_keys in candidate.alternatives if index_keys.lookups <= among]
        return min([*some, None], key=lambda index_keys: self._trying(candidate, index_keys))

    def _trying(self, candidate: Candidate, index_keys: IndexKeys | None) -> float:
        """Return the average cost of an entry."""
        if index_keys is None:
            return candidate.plain
        return index_keys.rate * (self._costs.candidate + candidate.plain)


def _lookups(index_keys: IndexKeys | None) -> frozenset[int]:
    return frozenset() if index_keys is None else index_keys.lookups
