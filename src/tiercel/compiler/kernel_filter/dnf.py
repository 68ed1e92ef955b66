# SPDX-License-Identifier: Apache-2.0
"""Conditions that the kernel can decide: alternatives of facts about an event.

A :class:`Clause` is a set of facts, each of them wanted or unwanted, and perhaps one demand on the event's path.  A
tuple of clauses says that one of them holds: ``ANYTHING`` is always true, ``NOTHING`` never.  All that is done here may
make a condition weaker, never stronger, so that what it stands for is always let through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations
from typing import Final, NamedTuple, TypeAlias

from tiercel.compiler.kernel_filter.atoms import OF_FILE, PROTOCOLS, TYPES, Atom

__all__ = [
    "ANYTHING",
    "NOTHING",
    "TOP",
    "Clause",
    "Clauses",
    "Keys",
    "closed",
    "join",
    "meet",
    "reduced",
    "shortened",
    "widened",
]

Keys: TypeAlias = "frozenset[tuple[str, bytes]]"
"""Demands of which one must hold: on a path ``exact``, ``prefix``, ``suffix`` or ``contains``, with the text; on ports
``port``, with the bytes of one."""

MOST_CLAUSES: Final = 16
"""Alternatives that are told apart; the kernel tries as many for each event."""

MOST_KEYS: Final = 65536
"""Demands on the paths of one clause; with more, the path is not looked at."""


class Clause(NamedTuple):
    """Facts that hold together.

    Attributes:
        must: bits of the facts that are true.
        must_not: bits of those that are false.
        paths: demands of which the path fulfils one; None if it may be any.
    """

    must: int
    must_not: int
    paths: Keys | None = None

    def covers(self, other: Clause) -> bool:
        """Say whether this holds wherever the other does."""
        return (
            not (self.must & ~other.must or self.must_not & ~other.must_not)
            and (self.paths is None or (other.paths is not None and self.paths >= other.paths))
        )  # fmt: skip


Clauses: TypeAlias = "tuple[Clause, ...]"

TOP: Final = Clause(0, 0)
ANYTHING: Final[Clauses] = (TOP,)
NOTHING: Final[Clauses] = ()


def join(alternatives: Iterable[Clauses], most: int = MOST_CLAUSES) -> Clauses:
    """Return what holds where one of the alternatives does."""
    found: dict[tuple[int, int], list[Keys | None]] = {}
    for clauses in alternatives:
        for must, must_not, paths in clauses:
            if not (must or must_not or paths):
                return ANYTHING
            found.setdefault((must, must_not), []).append(paths)
    return widened(tuple([Clause(*facts, _either(paths)) for facts, paths in found.items()]), most)


def meet(clauses: Clauses, others: Clauses, most: int = MOST_CLAUSES) -> Clauses:
    """Return what holds where both do."""
    if clauses is ANYTHING:
        return others
    if others is ANYTHING:
        return clauses
    found = []
    for must, must_not, paths in clauses:
        for more, more_not, other_paths in others:
            clause = closed(Clause(must | more, must_not | more_not, _stronger(paths, other_paths)))
            if clause is not None:
                found.append(clause)
    return join((tuple(found),), most)


def closed(clause: Clause) -> Clause | None:
    """Return a clause with all that follows from its facts; None for one that never holds."""
    must, must_not, paths = clause
    if must & OF_FILE:
        must |= Atom.FD_KNOWN.bit
        must_not |= TYPES & ~must if must & TYPES else 0
        must_not |= PROTOCOLS & ~must if must & PROTOCOLS else 0
        if _several(must & TYPES) or _several(must & PROTOCOLS):
            return None
    if must_not & Atom.FD_KNOWN.bit:
        must_not |= OF_FILE
    return None if must & must_not else Clause(must, must_not, paths)


def shortened(clause: Clause) -> Clause:
    """Return a closed clause without what follows from the rest."""
    must, must_not, paths = clause
    if must & OF_FILE:
        must &= ~Atom.FD_KNOWN.bit
        must_not &= ~(TYPES if must & TYPES else 0) & ~(PROTOCOLS if must & PROTOCOLS else 0)
    if must_not & Atom.FD_KNOWN.bit:
        must_not &= ~OF_FILE
    return Clause(must, must_not, paths)


def _several(mask: int) -> bool:
    return mask & (mask - 1) != 0


def widened(clauses: Clauses, most: int) -> Clauses:
    """Return at most so many clauses, none of which another one covers."""
    kept = _uncovered(clauses)
    while len(kept) > most:
        one, other = max(combinations(kept, 2), key=lambda pair: _common(*pair))
        kept = _uncovered((*(clause for clause in kept if clause not in {one, other}), _merged(one, other)))
    return kept


def reduced(keys: Iterable[tuple[str, bytes]]) -> Keys:
    """Return the demands without those that others of the same kinds make needless."""
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
    """Return the texts that have no other at their end; ``end`` gives so many of the bytes there."""
    known = set(texts)
    sizes = set(map(len, known))
    return {text for text in known if not any(end(text, size) in known for size in sizes if size < len(text))}


def _uncovered(clauses: Clauses) -> Clauses:
    if len(clauses) < 2:
        return clauses
    kept: list[Clause] = []
    for clause in sorted(set(_resolved(clauses)), key=_literals):
        if not any(other.covers(clause) for other in kept):
            kept.append(clause)
    return ANYTHING if kept[0] == TOP else tuple(kept)


def _resolved(clauses: Clauses) -> Clauses:
    """Return the clauses with each fact left out that is true in one and false in another that is otherwise alike."""
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


def _resolvent(one: Clause, other: Clause) -> Clause | None:
    """Return the other clause without one fact, if that stands for both and for nothing else."""
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


def _literals(clause: Clause) -> tuple[int, int]:
    """Order clauses so that none covers one before it."""
    facts = clause.must.bit_count() + clause.must_not.bit_count()
    return facts + (clause.paths is not None), -len(clause.paths or ())


def _merged(one: Clause, other: Clause) -> Clause:
    return Clause(one.must & other.must, one.must_not & other.must_not, _either([one.paths, other.paths]))


def _common(one: Clause, other: Clause) -> int:
    """Say how much two clauses keep when they become one: a demand on the path is worth more than any fact."""
    facts = (one.must & other.must).bit_count() + (one.must_not & other.must_not).bit_count()
    return facts - _A_PATH * ((one.paths is None) != (other.paths is None))


def _either(paths: Sequence[Keys | None]) -> Keys | None:
    """Return the demand that one of the demands is fulfilled."""
    if len(paths) == 1:
        return paths[0]
    some = [keys for keys in paths if keys is not None]
    if len(some) < len(paths):
        return None
    keys = frozenset[tuple[str, bytes]]().union(*some)
    return keys if len(keys) <= MOST_KEYS else None


def _stronger(paths: Keys | None, others: Keys | None) -> Keys | None:
    """Return the demand that fewer paths fulfil; both together would be no list of alternatives."""
    if paths is None or others is None or paths == others:
        return others if paths is None else paths
    weak, weaker = _weakness(paths), _weakness(others)
    if weak == weaker:
        return min(paths, others, key=sorted)
    return paths if weak < weaker else others


def _weakness(keys: Keys) -> float:
    """Guess how many of all paths fulfil one of the demands: the longer its text, the fewer."""
    return sum(_WEAKNESS[kind] * 0.5 ** min(len(text), 30) for kind, text in keys)


_A_PATH: Final = 64  # as many facts as there are
_WEAKNESS: Final = {"exact": 0.1, "prefix": 1.0, "suffix": 1.0, "contains": 4.0, "port": 0.1}
