# SPDX-License-Identifier: Apache-2.0
"""The row of the wording table."""

from __future__ import annotations

from tiercel.frozen import frozen

__all__ = ["Wording"]


@frozen
class Wording:
    """How one code reads; ``{names}`` are filled in by the finder.

    Attributes:
        text: what was found.
        hint: what would be right; may come out empty.
        falco: the code that Falco reports in the same case, None where it is silent.
    """

    text: str
    hint: str = ""
    falco: str | None = None
