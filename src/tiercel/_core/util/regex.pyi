# SPDX-License-Identifier: Apache-2.0
"""Regular expressions: RE2, as Falco uses it."""

from typing import final

def problem(pattern: bytes) -> str | None:
    """Return why RE2 does not take a pattern, in its words, or None if it does."""

@final
class Regex:
    """A compiled pattern."""
