# SPDX-License-Identifier: Apache-2.0
"""Patterns for names of rules and for texts of alerts."""

from __future__ import annotations

from fnmatch import fnmatchcase

__all__ = ["fits"]


def fits(text: str, pattern: str) -> bool:
    """Return whether a whole text matches a pattern, in which only ``*`` is special: it stands for any characters."""
    return fnmatchcase(text, "".join(f"[{char}]" if char in "?[" else char for char in pattern))
