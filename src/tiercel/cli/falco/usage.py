# SPDX-License-Identifier: Apache-2.0
"""Help text of ``tiercel falco``, and its tables in the documentation."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Final

from tiercel.cli.falco.options import OPTIONS, Flag
from tiercel.cli.falco.removed import ROWS
from tiercel.schema.render.docs import markdown_table

__all__ = ["options_table", "removed_table", "usage"]

_WIDTH: Final = 120
_COLUMN: Final = 34
_INTRO: Final = """\
Runtime threat detection by tiercel, with the command line of Falco.
Usage:
  tiercel falco [OPTION...] [-- COMMAND ARG...]

"""
_END: Final = """
With -- COMMAND, which Falco does not have, only the command and the processes that it starts are watched.
"""


def usage() -> str:
    """Return the help text."""
    return _INTRO + "".join(f"{line}\n" for flag in OPTIONS for line in _lines(flag)) + _END


def _lines(flag: Flag) -> Iterator[str]:
    short = next((name for name in flag.names if len(name) == 2), "")
    long = ", ".join(name for name in flag.names if len(name) > 2)
    names = f"  {short}, {long}" if short and long else f"  {short}" if short else f"      {long}"
    left = f"{names}[={flag.value}]" if flag.optional else f"{names} {flag.value}".rstrip()
    text = textwrap.wrap(flag.doc, _WIDTH - _COLUMN)
    if len(left) >= _COLUMN:
        yield left
        left = ""
    for number, line in enumerate(text):
        yield f"{left if number == 0 else '':<{_COLUMN}}{line}"


def options_table() -> str:
    """Return the options as a table in Markdown."""
    return _table(
        ("option", "effect", "tiercel's own command"), ((_names(row), _effect(row), _own(row)) for row in OPTIONS)
    )


def removed_table() -> str:
    """Return the options that Falco has no more as a table in Markdown."""
    rows = ((", ".join(f"`{name}`" for name in row.names), _sentence(row.instead)) for row in ROWS)
    return _table(("removed option", "instead"), rows)


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    return "\n".join(markdown_table(head, rows)) + "\n"


def _names(flag: Flag) -> str:
    value = f"[={flag.value}]" if flag.optional else f" {flag.value}" if flag.value else ""
    return ", ".join(f"`{name}{value}`" for name in flag.names)


def _effect(flag: Flag) -> str:
    return f"{flag.doc} *{_sentence(flag.remark)}*" if flag.remark else flag.doc


def _own(flag: Flag) -> str:
    return f"`{flag.own}`" if flag.own else ""


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else ""
