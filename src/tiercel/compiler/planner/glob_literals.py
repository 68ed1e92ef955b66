# SPDX-License-Identifier: Apache-2.0
"""The literal parts of patterns: what every text that fits a pattern has to hold.

Each function returns the kind of a hit, as :class:`tiercel.compiler.ir.program.Probe` has them, with the key; nothing
if any text may fit. A key is cut off where a pattern's meaning is in doubt: shorter is always right.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["glob_keys", "path_keys", "single_slashes"]

_SPECIAL: Final = re.compile(rb"[*?\[\\]")
_GLOB: Final = re.compile(rb"[*?\[]")
_SLASHES: Final = re.compile(rb"//+")


def glob_keys(pattern: bytes, *, fold: bool) -> tuple[tuple[str, bytes], ...]:
    """Return what a text contains that fits a shell pattern; ``fold`` if the case of letters does not count."""
    start, end = _SPECIAL.search(pattern), _last(pattern)
    if start is None:
        return (("isubstring", pattern.lower()),) if fold and pattern else (("exact", pattern),)
    head, tail = pattern[: start.start()], pattern[end:]
    if fold:
        longest = max(head, tail, key=len)
        return (("isubstring", longest.lower()),) if longest else ()
    if not head and not tail:
        return _middle(pattern)
    return (("prefix", head) if len(head) >= len(tail) else ("suffix", tail),)


def path_keys(prefix: bytes) -> tuple[tuple[str, bytes], ...]:
    """Return how a path begins that is, or lies below, what ``pmatch`` compares it with."""
    special = _GLOB.search(prefix)
    head = prefix if special is None else prefix[: special.start()]
    if special is not None:
        head = head.partition(b"\\")[0]
    head = single_slashes(head)
    if special is None and len(head) > 1:
        head = head.removesuffix(b"/")
    return (("path", head),) if head not in {b"", b"/"} else ()


def single_slashes(text: bytes) -> bytes:
    """Return a text with slashes that follow each other as one."""
    return _SLASHES.sub(b"/", text)


def _last(pattern: bytes) -> int:
    """Return where the literal end of a pattern begins, which has anything special."""
    for at in range(len(pattern) - 1, -1, -1):
        if pattern[at : at + 1] in {b"*", b"?", b"[", b"]", b"\\"}:
            # What follows a backslash stands for itself, but so may the backslash: leave it out.
            return at + (2 if pattern[at : at + 1] == b"\\" else 1)
    return 0


def _middle(pattern: bytes) -> tuple[tuple[str, bytes], ...]:
    """Return the longest literal between two stars of a pattern that has nothing special besides."""
    if re.search(rb"[?\[\]\\]", pattern):
        return ()
    longest = max(pattern.split(b"*"), key=len)
    return (("substring", longest),) if longest else ()
