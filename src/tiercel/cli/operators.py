# SPDX-License-Identifier: Apache-2.0
"""tiercel operators: list the operators of conditions, their modifiers, and the transformers of values."""

from __future__ import annotations

import argparse

from tiercel.cli import listing
from tiercel.schema.render import docs
from tiercel.schema.types import Operator, Transformer

EXAMPLES = """\
  tiercel operators                   all of them
  tiercel operators startswith join   some
  tiercel operators '*of'             by pattern: * stands for anything
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    listing.configure(parser, "operators")


def run(args: argparse.Namespace) -> int:
    """Print the listing."""
    rows = listing.choose(docs.WORDS, args.words, "operators")
    if args.json:
        listing.print_json(rows, docs.word_data)
    elif args.md:
        print(docs.operators_markdown(rows), end="")
    else:
        listing.print_table(map(_cells, rows))
    return 0


def _cells(row: docs.Word) -> tuple[str, str, str]:
    if isinstance(row, Operator):
        return " ".join((row.name, *row.aliases)), docs.compared_words(row), row.doc
    if isinstance(row, Transformer):
        return docs.transformer_spelling(row), "transformer", row.doc
    return row.name, "modifier", row.doc
