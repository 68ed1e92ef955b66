# SPDX-License-Identifier: Apache-2.0
"""Which look-ups find the entries of a bucket: few of them, since each costs something at every event."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import starmap
from typing import Any, Final, NamedTuple

from tiercel.compiler.planner.cost_model import Costs, reading
from tiercel.compiler.planner.index_keys import Lookup, Witness

__all__ = ["Candidate", "Cover", "Coverer"]

_FEW: Final = 16  # more entries than that are a reason for a look-up by themselves


class Candidate(NamedTuple):
    """An entry with what it can be found by.

    Attributes:
        entry: its place among the entries of its event type.
        cond: its condition.
        witnesses: the best first.
        plain: what it costs to try the entry, nanoseconds.
    """

    entry: int
    cond: Any
    witnesses: tuple[Witness, ...]
    plain: float


class Cover(NamedTuple):
    """What each entry is found by, and what that costs at every event that comes to the bucket.

    Attributes:
        chosen: by entry, its witness, or None where it is always tried.
        lookups: numbers of the look-ups of all witnesses.
        found: nanoseconds for the entries that have a witness, which hits now and then.
        tried: nanoseconds for those that have none.
    """

    chosen: dict[int, Witness | None]
    lookups: frozenset[int]
    found: float
    tried: float


class Coverer:
    """Chooses witnesses."""

    def __init__(self, lookups: Sequence[Lookup], costs: Costs) -> None:
        self._lookups = lookups
        self._costs = costs

    def cover(self, candidates: Iterable[Candidate]) -> Cover:
        """Return the best that is found for some entries: their best witnesses, as long as a look-up is worth it."""
        by_entry = {candidate.entry: candidate for candidate in candidates}
        chosen = {entry: found.witnesses[0] if found.witnesses else None for entry, found in by_entry.items()}
        users: dict[int, set[int]] = {}
        for entry, witness in chosen.items():
            for number in _lookups(witness):
                users.setdefault(number, set()).add(entry)
        spared = True
        while spared:
            few = sorted((number for number in users if len(users[number]) <= _FEW), key=lambda at: len(users[at]))
            spared = any(self._spare(number, by_entry, chosen, users) for number in few)
        found = tried = 0.0
        for entry, witness in chosen.items():
            if witness is None:
                tried += by_entry[entry].plain
            else:
                found += self._trying(by_entry[entry], witness)
        return Cover(chosen, frozenset(users), found, tried)

    def price(self, lookups: Iterable[int]) -> float:
        """Return what look-ups cost together: each source is read once."""
        pairs = [self._lookups[number] for number in lookups]
        sources = {source for source, _ in pairs}
        return sum(starmap(self._costs.lookup, pairs)) + self._costs.reading * sum(map(reading, sources))

    def _spare(
        self,
        number: int,
        by_entry: dict[int, Candidate],
        chosen: dict[int, Witness | None],
        users: dict[int, set[int]],
    ) -> bool:
        """Do without a look-up if its entries are found by the others, or tried always, at less cost."""
        moved = users[number]
        rest = users.keys() - {number}
        best = {entry: self._best(by_entry[entry], rest) for entry in moved}
        needed = {used for witness in best.values() for used in _lookups(witness)}
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

    def _best(self, candidate: Candidate, among: set[int]) -> Witness | None:
        """Return the cheapest witness of an entry that needs no other look-ups, or None if trying is cheaper."""
        some = [witness for witness in candidate.witnesses if witness.lookups <= among]
        return min([*some, None], key=lambda witness: self._trying(candidate, witness))

    def _trying(self, candidate: Candidate, witness: Witness | None) -> float:
        """Return what an entry costs on average."""
        if witness is None:
            return candidate.plain
        return witness.rate * (self._costs.candidate + candidate.plain)


def _lookups(witness: Witness | None) -> frozenset[int]:
    return frozenset() if witness is None else witness.lookups
