# SPDX-License-Identifier: Apache-2.0
"""Rule files of the command line, standard input among them."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tiercel.errors import UsageError
from tiercel.rules import Content
from tiercel.rules.files import MAX_FILE

__all__ = ["STDIN", "rule_paths"]

STDIN = "-"
"""The path that stands for standard input."""


def rule_paths(paths: Sequence[str], *, stdin_is_taken_by: str = "") -> list[str | Content]:
    """Return ``paths`` with the content of standard input in place of ``-``.

    Args:
        paths: as they are given.
        stdin_is_taken_by: the other argument that reads standard input, if one does.

    Raises:
        UsageError: E601, standard input would be read twice.
    """
    if STDIN in paths and paths.count(STDIN) + bool(stdin_is_taken_by) > 1:
        other = stdin_is_taken_by or "another `-`"
        raise UsageError("E601", f"the rules are standard input, and {other} reads it, too", hint="put one into a file")
    return [Content("<stdin>", sys.stdin.buffer.read(MAX_FILE + 1)) if path == STDIN else path for path in paths]
