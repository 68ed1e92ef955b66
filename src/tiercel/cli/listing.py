# SPDX-License-Identifier: Apache-2.0
"""Common parts of `tiercel fields`, `events` and `operators`: selection of rows, and three output formats."""

from __future__ import annotations

import argparse
import json
import shutil
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Protocol, TypeVar

from tiercel.errors import UsageError


class Row(Protocol):
    """A row of the schema."""

    @property
    def name(self) -> str: ...
    @property
    def doc(self) -> str: ...


AnyRow = TypeVar("AnyRow", bound=Row)


def configure(parser: argparse.ArgumentParser, what: str) -> None:
    """Declare the words that choose rows, and the options that choose the form."""
    parser.add_argument(
        "words", nargs="*", metavar="WORD", help=f"only {what} called WORD; or whose name fits it (*) or contains it"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print one JSON array")
    form.add_argument("--md", action="store_true", help="print Markdown, as in docs/reference")


def choose(rows: Sequence[AnyRow], words: Sequence[str], what: str) -> Sequence[AnyRow]:
    """Return the rows that ``words`` name.

    A word that is a name or a class stands for no other row, one with ``*`` for the rows whose whole name fits.

    Raises:
        UsageError: E601, a word fits no row.
    """
    if not words:
        return rows
    chosen: set[str] = set()
    for word in words:
        fitting = {row.name for row in rows if row.name == word or row.name.startswith(word + ".")}
        if not fitting:
            pattern = word.lower() if "*" in word else f"*{word.lower()}*"
            fitting = {row.name for row in rows if fnmatchcase(row.name, pattern.replace("[", "[[]"))}
        if not fitting:
            raise UsageError("E601", f"there are no {what} called {word!r}", hint=f"`tiercel {what}` lists all of them")
        chosen |= fitting
    return [row for row in rows if row.name in chosen]


def print_json(rows: Iterable[AnyRow], data: Callable[[AnyRow], dict[str, object]]) -> None:
    """Print ``rows`` as a JSON array of objects."""
    print(json.dumps([data(row) for row in rows], indent=2, ensure_ascii=False))


def print_table(rows: Iterable[tuple[str, str, str]]) -> None:
    """Print rows of two short columns and a text that is wrapped to the terminal."""
    cells = list(rows)
    first = max((len(row[0]) for row in cells), default=0)
    second = max((len(row[1]) for row in cells), default=0)
    print("\n".join(_lines(cells, first, second, shutil.get_terminal_size((120, 24)).columns)))


def _lines(cells: Iterable[tuple[str, str, str]], first: int, second: int, width: int) -> Iterator[str]:
    indent = first + second + 4
    for name, kind, text in cells:
        wrapped = textwrap.wrap(text, max(width - indent, 30)) or [""]
        yield f"{name:<{first}}  {kind:<{second}}  {wrapped[0]}".rstrip()
        yield from (" " * indent + line for line in wrapped[1:])
