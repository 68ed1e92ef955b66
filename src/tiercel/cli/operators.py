# SPDX-License-Identifier: Apache-2.0
"""tiercel operators: list the operators of conditions."""

from __future__ import annotations

import argparse

from tiercel.cli import listing
from tiercel.schema.operators import OPERATORS
from tiercel.schema.render import docs
from tiercel.schema.types import Operator

EXAMPLES = """\
  tiercel operators
  tiercel operators startswith glob
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    listing.configure(parser, "operators")


def run(args: argparse.Namespace) -> int:
    """Print the listing."""
    rows = listing.choose(OPERATORS, args.words, "operators")
    if args.json:
        listing.print_json(rows, docs.operator_data)
    elif args.md:
        print(docs.operators_markdown(rows), end="")
    else:
        listing.print_table(map(_cells, rows))
    return 0


def _cells(operator: Operator) -> tuple[str, str, str]:
    return " ".join((operator.name, *operator.aliases)), docs.compared_words(operator), operator.doc
