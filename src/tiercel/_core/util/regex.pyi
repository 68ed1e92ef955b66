# SPDX-License-Identifier: Apache-2.0
"""Regular expressions by RE2, as in Falco."""

from typing import final

def problem(pattern: bytes) -> str | None:
    """Return RE2's error for a pattern; None if the pattern is valid."""

@final
class Regex:
    """A compiled pattern."""
