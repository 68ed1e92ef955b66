# SPDX-License-Identifier: Apache-2.0
"""Disjunctive normal form of conditions that the kernel can decide.

A :class:`Conjunction` is a set of facts that must be true or must be false, with an optional match set for the path or
the ports of the event. A tuple of conjunctions is their disjunction: ``TRUE`` is always true, ``FALSE`` never. Each
operation may weaken a condition but never strengthens it, so that no event that the condition accepts is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations
from typing import Final, NamedTuple, TypeAlias

from tiercel.compiler.kernel_filter.atoms import OF_FILE, PROTOCOLS, TYPES, Atom

__all__ = [
    "FALSE",
    "TOP",
    "TRUE",
    "Conjunction",
    "Conjunctions",
    "MatchSet",
    "closed",
    "join",
    "meet",
    "reduced",
    "shortened",
    "widened",
]

MatchSet: TypeAlias = "frozenset[tuple[str, bytes]]"
"""Patterns of which one must match: ``exact``, ``prefix``, ``suffix`` or ``contains`` with the text for a path;
``port`` with the two bytes of a port."""

MAX_CLAUSES: Final = 16
"""Limit of conjunctions in a filter; the kernel tests as many for each event."""

MAX_KEYS: Final = 65536
"""Size limit of a match set; a larger one is dropped, so that any path matches."""


class Conjunction(NamedTuple):
    """Facts that must hold together.

    Attributes:
        must: bits of the facts that must be true.
        must_not: bits of the facts that must be false.
        match_set: the path or the port must match one of these; None if any does.
    """

    must: int
    must_not: int
    match_set: MatchSet | None = None

    def covers(self, other: Conjunction) -> bool:
        """Return whether ``other`` implies this conjunction."""
        return (
            not (self.must & ~other.must or self.must_not & ~other.must_not)
            and (self.match_set is None or (other.match_set is not None and self.match_set >= other.match_set))
        )  # fmt: skip


Conjunctions: TypeAlias = "tuple[Conjunction, ...]"

TOP: Final = Conjunction(0, 0)
TRUE: Final[Conjunctions] = (TOP,)
FALSE: Final[Conjunctions] = ()


def join(alternatives: Iterable[Conjunctions], limit: int = MAX_CLAUSES) -> Conjunctions:
    """Return the disjunction of some alternatives."""
    found: dict[tuple[int, int], list[MatchSet | None]] = {}
    for clauses in alternatives:
        for must, must_not, match_set in clauses:
            if not (must or must_not or match_set):
                return TRUE
            found.setdefault((must, must_not), []).append(match_set)
    return widened(tuple([Conjunction(*facts, _either(match_set)) for facts, match_set in found.items()]), limit)


def meet(clauses: Conjunctions, others: Conjunctions, limit: int = MAX_CLAUSES) -> Conjunctions:
    """Return the conjunction of two conditions."""
    if clauses is TRUE:
        return others
    if others is TRUE:
        return clauses
    found = []
    for must, must_not, match_set in clauses:
        for more, more_not, other_set in others:
            clause = closed(Conjunction(must | more, must_not | more_not, _stronger(match_set, other_set)))
            if clause is not None:
                found.append(clause)
    return join((tuple(found),), limit)


def closed(clause: Conjunction) -> Conjunction | None:
    """Return a conjunction with all implied facts added; None if it is a contradiction."""
    must, must_not, match_set = clause
    if must & OF_FILE:
        must |= Atom.FD_KNOWN.bit
        must_not |= TYPES & ~must if must & TYPES else 0
        must_not |= PROTOCOLS & ~must if must & PROTOCOLS else 0
        if _several(must & TYPES) or _several(must & PROTOCOLS):
            return None
    if must_not & Atom.FD_KNOWN.bit:
        must_not |= OF_FILE
    return None if must & must_not else Conjunction(must, must_not, match_set)


def shortened(clause: Conjunction) -> Conjunction:
    """Return a closed conjunction without its implied facts."""
    must, must_not, match_set = clause
    if must & OF_FILE:
        must &= ~Atom.FD_KNOWN.bit
        must_not &= ~(TYPES if must & TYPES else 0) & ~(PROTOCOLS if must & PROTOCOLS else 0)
    if must_not & Atom.FD_KNOWN.bit:
        must_not &= ~OF_FILE
    return Conjunction(must, must_not, match_set)


def _several(mask: int) -> bool:
    return mask & (mask - 1) != 0


def widened(clauses: Conjunctions, limit: int) -> Conjunctions:
    """Return at most ``limit`` conjunctions, none of which covers another."""
    kept = _uncovered(clauses)
    while len(kept) > limit:
        one, other = max(combinations(kept, 2), key=lambda pair: _common(*pair))
        kept = _uncovered((*(clause for clause in kept if clause not in {one, other}), _merged(one, other)))
    return kept


def reduced(keys: Iterable[tuple[str, bytes]]) -> MatchSet:
    """Remove the patterns that other patterns imply."""
    by_kind: dict[str, set[bytes]] = {}
    for kind, text in keys:
        by_kind.setdefault(kind, set()).add(text)
    prefixes = _shortest(by_kind.get("prefix", ()), lambda text, size: text[:size])
    suffixes = _shortest(by_kind.get("suffix", ()), lambda text, size: text[-size:])
    sizes, ends = set(map(len, prefixes)), set(map(len, suffixes))
    exact = (
        text
        for text in by_kind.get("exact", ())
        if not any(text[:size] in prefixes for size in sizes) and not any(text[-size:] in suffixes for size in ends)
    )
    return frozenset(
        (kind, text)
        for kind, texts in (
            ("exact", exact),
            ("prefix", prefixes),
            ("suffix", suffixes),
            ("contains", by_kind.get("contains", ())),
            ("port", by_kind.get("port", ())),
        )
        for text in texts
    )


def _shortest(texts: Iterable[bytes], end: Callable[[bytes, int], bytes]) -> set[bytes]:
    """Return the texts of which no other text is an end; ``end`` returns that many bytes from the end in question."""
    known = set(texts)
    sizes = set(map(len, known))
    return {text for text in known if not any(end(text, size) in known for size in sizes if size < len(text))}


def _uncovered(clauses: Conjunctions) -> Conjunctions:
    if len(clauses) < 2:
        return clauses
    kept: list[Conjunction] = []
    for clause in sorted(set(_resolved(clauses)), key=_literals):
        if not any(other.covers(clause) for other in kept):
            kept.append(clause)
    return TRUE if kept[0] == TOP else tuple(kept)


def _resolved(clauses: Conjunctions) -> Conjunctions:
    """Return the conjunctions after resolution: ``a and x`` with ``a and not x`` becomes ``a``."""
    left = list(dict.fromkeys(clauses))
    place = 0
    while place < len(left):
        joined = next(((other, both) for other in left if (both := _resolvent(left[place], other)) is not None), None)
        if joined is None:
            place += 1
            continue
        other, both = joined
        one = left[place]
        left = [both, *(clause for clause in left if clause not in {one, other, both})]
        place = 0
    return tuple(left)


def _resolvent(one: Conjunction, other: Conjunction) -> Conjunction | None:
    """Return ``other`` without one fact, if that is equivalent to the disjunction of both."""
    for fact in _bits(one.must & other.must_not):
        both = other._replace(must_not=other.must_not & ~fact)
        rest = closed(both._replace(must=both.must | fact))
        if both.covers(one) and (rest is None or one.covers(rest)):
            return both
    return None


def _bits(mask: int) -> Iterator[int]:
    while mask:
        yield mask & -mask
        mask &= mask - 1


def _literals(clause: Conjunction) -> tuple[int, int]:
    """Return a sort key after which no conjunction covers one before it."""
    facts = clause.must.bit_count() + clause.must_not.bit_count()
    return facts + (clause.match_set is not None), -len(clause.match_set or ())


def _merged(one: Conjunction, other: Conjunction) -> Conjunction:
    return Conjunction(one.must & other.must, one.must_not & other.must_not, _either([one.match_set, other.match_set]))


def _common(one: Conjunction, other: Conjunction) -> int:
    """Return the value of what two conjunctions have in common; a match set counts more than all facts."""
    facts = (one.must & other.must).bit_count() + (one.must_not & other.must_not).bit_count()
    return facts - _A_PATH * ((one.match_set is None) != (other.match_set is None))


def _either(match_sets: Sequence[MatchSet | None]) -> MatchSet | None:
    """Return the union of match sets."""
    if len(match_sets) == 1:
        return match_sets[0]
    some = [keys for keys in match_sets if keys is not None]
    if len(some) < len(match_sets):
        return None
    keys = frozenset[tuple[str, bytes]]().union(*some)
    return keys if len(keys) <= MAX_KEYS else None


def _stronger(match_set: MatchSet | None, others: MatchSet | None) -> MatchSet | None:
    """Return the stronger of two match sets, since their intersection is not a match set."""
    if match_set is None or others is None or match_set == others:
        return others if match_set is None else match_set
    weak, weaker = _weakness(match_set), _weakness(others)
    if weak == weaker:
        return min(match_set, others, key=sorted)
    return match_set if weak < weaker else others


def _weakness(keys: MatchSet) -> float:
    """Estimate how many paths are in a match set: the longer the texts, the fewer."""
    return sum(_WEAKNESS[kind] * 0.5 ** min(len(text), 30) for kind, text in keys)


_A_PATH: Final = 64  # as many facts as there are
_WEAKNESS: Final = {"exact": 0.1, "prefix": 1.0, "suffix": 1.0, "contains": 4.0, "port": 0.1}
