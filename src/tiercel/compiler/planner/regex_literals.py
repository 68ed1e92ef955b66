# SPDX-License-Identifier: Apache-2.0
"""Literal parts of regular expressions: index keys of all texts that an expression matches as a whole.

The syntax is RE2's POSIX syntax. Unclear syntax gives no key: an escaped letter, a brace that may not be a repetition,
a byte that is not ASCII (RE2 matches invalid UTF-8 as another character).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from typing import Final, TypeAlias

__all__ = ["expression_keys"]

_MAX_TEXTS: Final = 16  # texts that one part may match
_TIMES: Final = 8  # repetitions that are written out

Texts: TypeAlias = "frozenset[bytes] | None"
"""All texts that a part matches; None if they are too many or unknown."""

_NOTHING: Final[frozenset[bytes]] = frozenset({b""})
_TOKEN: Final = re.compile(
    rb"""\\(?P<escaped>[^0-9A-Za-z])
       | (?P<set>\[\^?\]?(?:\[:\^?[a-z]+:\]|\\.|[^\]\\])*\])
       | (?P<times>[*+?]|\{(?P<least>[0-9]+)(?P<more>,[0-9]*)?\})
       | (?P<special>[.^$()|])
       | (?P<literal>[^\\\[\]{}])""",
    re.VERBOSE | re.DOTALL,
)
_ONE_CHARACTER: Final = re.compile(rb"\[([^\\^\[\]])\]", re.DOTALL)


class _DoubtError(Exception):
    """The expression has syntax that is not analyzed."""


def expression_keys(pattern: bytes) -> tuple[tuple[str, bytes], ...]:
    """Return kinds and keys of which one hits any matching text; empty if unknown."""
    try:
        parts = _Reader(pattern).whole()
    except _DoubtError:
        return ()
    runs = list(_runs(parts))
    if not runs:
        return ()
    first, last, texts = max(runs, key=lambda run: (min(map(len, run[2])), run[0] or run[1]))
    if b"" in texts:
        return ()
    kinds = {(True, True): "exact", (True, False): "prefix", (False, True): "suffix", (False, False): "substring"}
    return tuple((kinds[first, last], text) for text in sorted(texts))


def _runs(parts: list[Texts]) -> Iterator[tuple[bool, bool, frozenset[bytes]]]:
    """Yield runs of known parts: whether at the start, whether at the end, and the possible texts."""
    start, texts = 0, _NOTHING
    for at, part in enumerate([*parts, None]):
        if part is not None and len(texts) * len(part) <= _MAX_TEXTS:
            texts = frozenset(map(b"".join, product(texts, part)))
            continue
        if at > start:
            yield start == 0, at == len(parts), texts
        start, texts = (at + 1, _NOTHING) if part is None else (at, part)


class _Reader:
    """Parser of a regular expression, from left to right."""

    def __init__(self, pattern: bytes) -> None:
        self._pattern = pattern
        self._at = 0

    def whole(self) -> list[Texts]:
        """Return the parts of the expression in order."""
        parts = self._choice()
        if self._at < len(self._pattern):
            raise _DoubtError
        return parts

    def _choice(self) -> list[Texts]:
        branches = [self._sequence()]
        while self._pattern[self._at : self._at + 1] == b"|":
            self._at += 1
            branches.append(self._sequence())
        if len(branches) == 1:
            return branches[0]
        texts: set[bytes] = set()
        for parts in branches:
            runs = list(_runs(parts))
            if len(runs) != 1 or not (runs[0][0] and runs[0][1]):
                return [None]
            texts |= runs[0][2]
        return [frozenset(texts) if len(texts) <= _MAX_TEXTS else None]

    def _sequence(self) -> list[Texts]:
        """Return the parts up to a bar, a closing parenthesis or the end."""
        parts: list[Texts] = []
        piece: list[Texts] = []  # operand of a repetition that may follow
        while self._at < len(self._pattern):
            token = _TOKEN.match(self._pattern, self._at)
            if token is None:
                raise _DoubtError
            if token["special"] in {b"|", b")"}:
                break
            self._at = token.end()
            if token["times"] is not None:
                piece = _repeated(piece, token)
                continue
            parts += piece
            piece = self._piece(token)
        return parts + piece or [_NOTHING]

    def _piece(self, token: re.Match[bytes]) -> list[Texts]:
        literal = token["escaped"] or token["literal"]
        if literal is not None:
            return [frozenset({literal}) if literal < b"\x80" else None]
        if token["set"] is not None:
            one = _ONE_CHARACTER.fullmatch(token["set"])
            return [frozenset({one[1]}) if one is not None and one[1] < b"\x80" else None]
        if token["special"] == b".":
            return [None]
        if token["special"] != b"(":
            return [_NOTHING]
        if self._pattern[self._at : self._at + 1] == b"?":
            raise _DoubtError
        inner = self._choice()
        if self._pattern[self._at : self._at + 1] != b")":
            raise _DoubtError
        self._at += 1
        runs = list(_runs(inner))
        return [runs[0][2]] if len(runs) == 1 and runs[0][:2] == (True, True) else inner


def _repeated(piece: list[Texts], token: re.Match[bytes]) -> list[Texts]:
    """Return the parts of a repetition: the required copies, then an unknown part if more may follow."""
    if not piece:
        raise _DoubtError
    times = token["times"]
    if times == b"?":
        (only, *rest) = piece
        return [only | _NOTHING] if only is not None and not rest else [None]
    least = {b"*": 0, b"+": 1}.get(times)
    if least is None:
        least = int(token["least"])
        if token["more"] is None and least <= _TIMES:
            return piece * least or [_NOTHING]
    return [*piece * min(least, _TIMES), None]
