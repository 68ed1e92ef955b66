# SPDX-License-Identifier: Apache-2.0
"""Filter pushdown: one kernel filter for each event type.

A filter accepts every event that some rule may match. A check that the kernel cannot decide may be true or false.
Filters beyond the limits are weakened, never cut off. One filter covers both bindings of a path: a match set accepts an
event if the requested or the resolved name matches.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from tiercel.compiler.ir.program import Filter
from tiercel.compiler.ir.tree import Const, ExactlyOne, Leaf, Tree
from tiercel.compiler.kernel_filter.atoms import FIRST_PATH_SET, PATH_SETS, Atom, mask
from tiercel.compiler.kernel_filter.dnf import FALSE, TOP, TRUE, Conjunctions, MatchSet, join, meet, reduced, shortened
from tiercel.compiler.kernel_filter.event_traits import HIGH_RATE_EVENTS, EventTraits, is_filtered, traits_of
from tiercel.compiler.kernel_filter.implication import Implied, implied
from tiercel.compiler.passes.specialize import Part
from tiercel.lang.ast import And, Not, Or

__all__ = ["Pushed", "clauses_of", "holds", "pushdown"]

_IN_RULE: Final = 8
"""Limit of conjunctions for one condition."""


class Pushed:
    """Filters for the kernel.

    Attributes:
        filters: filters by event code.
        path_sets: match sets for paths or ports; clauses have one bit for each set.
        expensive: by rule, codes of the high-rate event types of which the rule needs nearly every event.
    """

    def __init__(
        self,
        filters: dict[int, Filter],
        path_sets: tuple[tuple[tuple[str, bytes], ...], ...],
        expensive: dict[int, tuple[int, ...]],
    ) -> None:
        self.filters = filters
        self.path_sets = path_sets
        self.expensive = expensive


def pushdown(rules: Iterable[tuple[int, tuple[Part, ...]]], required: frozenset[int]) -> Pushed:
    """Return the filters of shared trees, given with the rule's index.

    Args:
        rules: as for :func:`tiercel.compiler.passes.lower.lower`.
        required: codes of the events that the probe must report.
    """
    codes = {code for code in required if is_filtered(code)}
    of_traits: dict[EventTraits, _Reader] = {}
    readers = {code: of_traits.setdefault(traits_of(code), _Reader(traits_of(code))) for code in codes}
    found: dict[int, list[tuple[int, Conjunctions]]] = {code: [] for code in codes}
    for rule, parts in rules:
        for part in parts:
            for code in part.codes:
                if code in codes:
                    found[code].append((rule, readers[code].holds(part.cond)))
    return _allocated(found)


def holds(pushed: Pushed, limit: int) -> bool:
    """Return whether the filters meet the postcondition of the pass: they fit into the kernel's tables."""
    sets = len(pushed.path_sets)
    masks = [mask for one in pushed.filters.values() for clause in one.clauses for mask in clause]
    return (
        sets <= PATH_SETS
        and all(len(one.clauses) <= limit for one in pushed.filters.values())
        and all(mask >> (FIRST_PATH_SET + sets) == 0 for mask in masks)
        and all(not (must & must_not) for one in pushed.filters.values() for must, must_not in one.clauses)
        and all(must_not >> FIRST_PATH_SET == 0 for one in pushed.filters.values() for _, must_not in one.clauses)
    )


def clauses_of(cond: Tree, code: int) -> Conjunctions:
    """Return the clauses of one condition for an event type."""
    return _Reader(traits_of(code)).holds(cond)


class _Reader:
    """Reader of trees for event types with the same traits; caches results."""

    def __init__(self, traits: EventTraits) -> None:
        self._traits = traits
        self._leaves: dict[Leaf, Implied] = {}
        self._known: dict[tuple[int, bool], tuple[Tree, Conjunctions]] = {}

    def holds(self, cond: Tree) -> Conjunctions:
        """Return a necessary condition for the tree to be true."""
        return self._read(cond, outcome=True)

    def _read(self, cond: Tree, *, outcome: bool) -> Conjunctions:
        match cond:
            case Leaf():
                known = self._leaves.get(cond)
                if known is None:
                    known = self._leaves[cond] = implied(cond.check, self._traits)
                return known.true if outcome else known.false
            case Not(term):
                return self._read(term, outcome=not outcome)
            case Const(value):
                return TRUE if value is outcome else FALSE
        key = (id(cond), outcome)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = (cond, self._junction(cond, outcome=outcome))
        return found[1]

    def _junction(self, cond: And[Tree] | Or[Tree] | ExactlyOne, *, outcome: bool) -> Conjunctions:
        if isinstance(cond, ExactlyOne):
            return join((self._read(term, outcome=True) for term in cond.terms), _IN_RULE) if outcome else TRUE
        terms = (self._read(term, outcome=outcome) for term in cond.terms)
        if isinstance(cond, And) is not outcome:
            return join(terms, _IN_RULE)
        result = TRUE
        for clauses in terms:
            result = meet(result, clauses, _IN_RULE)
            if not result:
                break
        return result


# -- room ------------------------------------------------------------------------------------------------------------


def _allocated(found: Mapping[int, list[tuple[int, Conjunctions]]]) -> Pushed:
    """Join the rules of each event type, and number the match sets."""
    joined: dict[tuple[Conjunctions, ...], Conjunctions] = {}
    by_code: dict[int, Conjunctions] = {}
    for code, rules in found.items():
        together = tuple(dict.fromkeys(clauses for _, clauses in rules))
        if together not in joined:
            joined[together] = join(together)
        by_code[code] = joined[together]
    sets = _numbered(keys for clauses in by_code.values() for _, _, keys in clauses if keys is not None)
    filters = {
        code: Filter(tuple(_masks(clauses, sets)), tuple(rule for rule, own in found[code] if TOP in own))
        for code, clauses in by_code.items()
    }
    used = {number: keys for keys, number in sets.items() if number is not None}
    path_sets = tuple(tuple(sorted(reduced(used[number]))) for number in sorted(used))
    return Pushed(filters, path_sets, _expensive(found))


# Facts that are true, or false, for the great majority of events.
_COMMON_ATOMS: Final = mask(Atom.OK, Atom.ROOT, Atom.HOST, Atom.OPEN_READ, Atom.FD_KNOWN, Atom.FD_FILE)
_RARE_ATOMS: Final = mask(
    Atom.OPEN_DIRECTORY, Atom.FD_DIRECTORY, Atom.FD_IPV4, Atom.FD_IPV6, Atom.FD_UNIX, Atom.FD_FIFO
)


def _expensive(found: Mapping[int, list[tuple[int, Conjunctions]]]) -> dict[int, tuple[int, ...]]:
    """Return the high-rate event types of each rule that needs nearly every event of them."""
    expensive: dict[int, list[int]] = {}
    for code in sorted(found.keys() & HIGH_RATE_EVENTS):
        for rule, clauses in found[code]:
            if any(
                clause.match_set is None and not clause.must & ~_COMMON_ATOMS and not clause.must_not & ~_RARE_ATOMS
                for clause in map(shortened, clauses)
            ):
                expensive.setdefault(rule, []).append(code)
    return {rule: tuple(codes) for rule, codes in expensive.items()}


def _numbered(demands: Iterable[MatchSet]) -> dict[MatchSet, int | None]:
    """Return a number for each match set; beyond the limit, the largest sets have none and accept any path."""
    distinct = sorted(dict.fromkeys(demands), key=len)
    return {keys: number if number < PATH_SETS else None for number, keys in enumerate(distinct)}


def _masks(clauses: Conjunctions, sets: Mapping[MatchSet, int | None]) -> Iterator[tuple[int, int]]:
    for must, must_not, match_set in map(shortened, clauses):
        number = None if match_set is None else sets[match_set]
        yield (must if number is None else must | 1 << (FIRST_PATH_SET + number)), must_not
