# SPDX-License-Identifier: Apache-2.0
"""Row of the wording table."""

from __future__ import annotations

from tiercel.frozen import frozen

__all__ = ["Wording"]


@frozen
class Wording:
    """Texts of one code; the code that detects the problem fills in ``{names}``.

    Attributes:
        text: the problem.
        hint: a remedy; may be empty after filling in.
        falco: the code that Falco reports in the same case; None if Falco reports nothing.
    """

    text: str
    hint: str = ""
    falco: str | None = None
