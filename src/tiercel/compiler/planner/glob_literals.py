# SPDX-License-Identifier: Apache-2.0
"""Literal parts of patterns: index keys of all texts that match a pattern.

Each function returns kinds, as in :class:`tiercel.compiler.ir.program.IndexLookup`, with keys; nothing if any text may
match. A key is cut off where the meaning of a pattern is unclear: a shorter key is always correct.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["glob_keys", "path_keys", "single_slashes"]

_SPECIAL: Final = re.compile(rb"[*?\[\\]")
_GLOB: Final = re.compile(rb"[*?\[]")
_SLASHES: Final = re.compile(rb"//+")


def glob_keys(pattern: bytes, *, fold: bool) -> tuple[tuple[str, bytes], ...]:
    """Return index keys of the texts that a shell pattern matches; ``fold`` ignores the case of letters."""
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
    """Return index keys of a path that equals the operand of ``pmatch`` or lies below it."""
    special = _GLOB.search(prefix)
    head = prefix if special is None else prefix[: special.start()]
    if special is not None:
        head = head.partition(b"\\")[0]
    head = single_slashes(head)
    if special is None and len(head) > 1:
        head = head.removesuffix(b"/")
    return (("path", head),) if head not in {b"", b"/"} else ()


def single_slashes(text: bytes) -> bytes:
    """Return a text with each run of slashes replaced by one slash."""
    return _SLASHES.sub(b"/", text)


def _last(pattern: bytes) -> int:
    """Return the offset of the literal suffix of a pattern that has a special character."""
    for at in range(len(pattern) - 1, -1, -1):
        if pattern[at : at + 1] in {b"*", b"?", b"[", b"]", b"\\"}:
            # An escaped character is literal, but the backslash may be literal, too: exclude both.
            return at + (2 if pattern[at : at + 1] == b"\\" else 1)
    return 0


def _middle(pattern: bytes) -> tuple[tuple[str, bytes], ...]:
    """Return the longest literal between two stars of a pattern whose only special characters are stars."""
    if re.search(rb"[?\[\]\\]", pattern):
        return ()
    longest = max(pattern.split(b"*"), key=len)
    return (("substring", longest),) if longest else ()
