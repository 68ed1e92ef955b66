# SPDX-License-Identifier: Apache-2.0
"""Spelling suggestions for names that do not exist."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

__all__ = ["suggest"]

_CUTOFF = 0.75
_CUTOFF_DOTTED = 0.8  # the class in front of the dot is half of the name and mostly right


def suggest(name: str, known: Collection[str]) -> str:
    """Return ``did you mean `x`?`` for the closest of ``known``, or an empty text if none is close."""
    if len(name) > 100:
        return ""
    by_case = {candidate.lower(): candidate for candidate in known}
    if name.lower() in by_case:
        return f"did you mean `{by_case[name.lower()]}`?"
    close = get_close_matches(name, known, n=1, cutoff=_CUTOFF_DOTTED if "." in name else _CUTOFF)
    return f"did you mean `{close[0]}`?" if close else ""
