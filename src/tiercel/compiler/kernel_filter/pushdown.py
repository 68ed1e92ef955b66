# SPDX-License-Identifier: Apache-2.0
"""What the kernel can decide of the rules: a filter for each event type.

A filter lets through every event that some rule may match.  Checks that the kernel knows nothing about count as true
and as false; so do the clauses that there is no room for.  A rule is looked at under both bindings of a path at once:
a demand on the path holds if either name fulfils it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from tiercel.compiler.ir.program import Filter
from tiercel.compiler.ir.tree import Const, ExactlyOne, Leaf
from tiercel.compiler.kernel_filter.atoms import FIRST_PATH_SET, PATH_SETS, Atom, mask
from tiercel.compiler.kernel_filter.dnf import ANYTHING, NOTHING, TOP, Clauses, Keys, join, meet, reduced, shortened
from tiercel.compiler.kernel_filter.event_traits import FREQUENT, Shape, is_filtered, shape_of
from tiercel.compiler.kernel_filter.implication import Implied, implied
from tiercel.compiler.passes.specialize import Part
from tiercel.lang.ast import And, Not

__all__ = ["Pushed", "clauses_of", "holds", "pushdown"]

_IN_RULE: Final = 8
"""Alternatives of one condition that are told apart."""


class Pushed:
    """What is loaded into the kernel.

    Attributes:
        filters: by event code.
        path_sets: demands on paths or ports, of which one holds for what is in the set; clauses have a bit for each.
        expensive: codes of frequent event types, by the rules that have nearly every event of these reported.
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
        required: codes of the events that the kernel is asked for.
    """
    codes = {code for code in required if is_filtered(code)}
    of_shapes: dict[Shape, _Reader] = {}
    readers = {code: of_shapes.setdefault(shape_of(code), _Reader(shape_of(code))) for code in codes}
    found: dict[int, list[tuple[int, Clauses]]] = {code: [] for code in codes}
    for rule, parts in rules:
        for part in parts:
            for code in part.codes:
                if code in codes:
                    found[code].append((rule, readers[code].holds(part.cond)))
    return _allocated(found)


def holds(pushed: Pushed, most: int) -> bool:
    """Say whether the filters are what this pass promises: what fits into the kernel's tables."""
    sets = len(pushed.path_sets)
    masks = [mask for one in pushed.filters.values() for clause in one.clauses for mask in clause]
    return (
        sets <= PATH_SETS
        and all(len(one.clauses) <= most for one in pushed.filters.values())
        and all(mask >> (FIRST_PATH_SET + sets) == 0 for mask in masks)
        and all(not (must & must_not) for one in pushed.filters.values() for must, must_not in one.clauses)
        and all(must_not >> FIRST_PATH_SET == 0 for one in pushed.filters.values() for _, must_not in one.clauses)
    )


def clauses_of(cond: Any, code: int) -> Clauses:
    """Return the clauses of one condition for an event type."""
    return _Reader(shape_of(code)).holds(cond)


class _Reader:
    """Reads trees for event types of one shape; remembers what it has read."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._leaves: dict[Leaf, Implied] = {}
        self._known: dict[tuple[int, bool], tuple[Any, Clauses]] = {}

    def holds(self, cond: Any) -> Clauses:
        """Return clauses of which one holds where the condition is true."""
        return self._read(cond, outcome=True)

    def _read(self, cond: Any, *, outcome: bool) -> Clauses:
        match cond:
            case Leaf():
                known = self._leaves.get(cond)
                if known is None:
                    known = self._leaves[cond] = implied(cond.check, self._shape)
                return known.true if outcome else known.false
            case Not(term):
                return self._read(term, outcome=not outcome)
            case Const(value):
                return ANYTHING if value is outcome else NOTHING
        key = (id(cond), outcome)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = (cond, self._junction(cond, outcome=outcome))
        return found[1]

    def _junction(self, cond: Any, *, outcome: bool) -> Clauses:
        if isinstance(cond, ExactlyOne):
            return join((self._read(term, outcome=True) for term in cond.terms), _IN_RULE) if outcome else ANYTHING
        terms = (self._read(term, outcome=outcome) for term in cond.terms)
        if isinstance(cond, And) is not outcome:
            return join(terms, _IN_RULE)
        result = ANYTHING
        for clauses in terms:
            result = meet(result, clauses, _IN_RULE)
            if not result:
                break
        return result


# -- room ------------------------------------------------------------------------------------------------------------


def _allocated(found: Mapping[int, list[tuple[int, Clauses]]]) -> Pushed:
    """Join the rules of each event type, and give numbers to the demands on paths."""
    joined: dict[tuple[Clauses, ...], Clauses] = {}
    by_code: dict[int, Clauses] = {}
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


# What is true of most events anyway.
_COMMON_ATOMS: Final = mask(Atom.OK, Atom.ROOT, Atom.HOST, Atom.OPEN_READ, Atom.FD_KNOWN, Atom.FD_FILE)
_RARE_ATOMS: Final = mask(
    Atom.OPEN_DIRECTORY, Atom.FD_DIRECTORY, Atom.FD_IPV4, Atom.FD_IPV6, Atom.FD_UNIX, Atom.FD_FIFO
)


def _expensive(found: Mapping[int, list[tuple[int, Clauses]]]) -> dict[int, tuple[int, ...]]:
    """Return the frequent event types of each rule that asks for nearly every event of them."""
    expensive: dict[int, list[int]] = {}
    for code in sorted(found.keys() & FREQUENT):
        for rule, clauses in found[code]:
            if any(
                clause.paths is None and not clause.must & ~_COMMON_ATOMS and not clause.must_not & ~_RARE_ATOMS
                for clause in map(shortened, clauses)
            ):
                expensive.setdefault(rule, []).append(code)
    return {rule: tuple(codes) for rule, codes in expensive.items()}


def _numbered(demands: Iterable[Keys]) -> dict[Keys, int | None]:
    """Return a number for each demand; where there are too many, the weakest have none: their paths may be any."""
    distinct = sorted(dict.fromkeys(demands), key=len)
    return {keys: number if number < PATH_SETS else None for number, keys in enumerate(distinct)}


def _masks(clauses: Clauses, sets: Mapping[Keys, int | None]) -> Iterator[tuple[int, int]]:
    for must, must_not, paths in map(shortened, clauses):
        number = None if paths is None else sets[paths]
        yield (must if number is None else must | 1 << (FIRST_PATH_SET + number)), must_not
