# SPDX-License-Identifier: Apache-2.0
"""Spelling suggestions for unknown names."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from difflib import get_close_matches
from functools import lru_cache
from typing import Final

__all__ = ["closest", "suggest"]

_CUTOFF: Final = 0.75
_CUTOFF_DOTTED: Final = 0.8  # the class before the dot is half of the name and mostly right

_LONG: Final = 100
"""Length of a name from which on there are no suggestions."""

_MANY: Final = 2000
"""Limit of names that are compared one by one; among more names, only one wrong character is found."""

_LETTERS: Final = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"


def suggest(name: str, known: Collection[str]) -> str:
    """Return ``did you mean `x`?`` for the closest of ``known``, or an empty text if none is close."""
    close = closest(name, known)
    return f"did you mean `{close}`?" if close else ""


def closest(name: str, known: Collection[str]) -> str:
    """Return the closest of ``known``, or an empty text if none is close."""
    if len(name) > _LONG:
        return ""
    return _closest(name, _same(frozenset(known))) if len(known) <= _MANY else _one_off(name, known)


@lru_cache(maxsize=16)
def _same(known: frozenset[str]) -> frozenset[str]:
    """Return one object for equal sets, so that the cache keeps few of them alive."""
    return known


@lru_cache(maxsize=512)
def _closest(name: str, known: frozenset[str]) -> str:
    by_case, letters = _prepared(known)
    if name.lower() in by_case:
        return by_case[name.lower()]
    cutoff = _CUTOFF_DOTTED if "." in name else _CUTOFF
    mask, size = _mask(name), len(name)
    # Letters of only one of two names have no match in the other: this excludes most names early.
    candidates = [
        other
        for other, theirs in letters
        if 2 * min(size - (mask & ~theirs).bit_count(), len(other) - (theirs & ~mask).bit_count())
        >= cutoff * (size + len(other))
    ]
    return next(iter(get_close_matches(name, candidates, n=1, cutoff=cutoff)), "")


@lru_cache(maxsize=16)
def _prepared(known: frozenset[str]) -> tuple[dict[str, str], tuple[tuple[str, int], ...]]:
    """Return names by their lower case, and the set of letters of each."""
    ordered = sorted(known)
    return {name.lower(): name for name in ordered}, tuple((name, _mask(name)) for name in ordered)


def _mask(name: str) -> int:
    mask = 0
    for char in name:
        mask |= 1 << (ord(char) & 0x7F)
    return mask


def _one_off(name: str, known: Collection[str]) -> str:
    return next((other for other in _edits(name) if other in known), "")


def _edits(name: str) -> Iterator[str]:
    """Yield variants of a name: other case, and one letter removed, swapped, changed or added."""
    yield from (name.lower(), name.upper(), name.capitalize())
    for at in range(len(name) + 1):
        before, after = name[:at], name[at:]
        yield before + after[1:]
        yield before + after[1:2] + after[:1] + after[2:]
        yield from (before + char + after[1:] for char in _LETTERS)
        yield from (before + char + after for char in _LETTERS)
