# SPDX-License-Identifier: Apache-2.0
"""tiercel fields: list the fields that conditions and outputs can use."""

from __future__ import annotations

import argparse
from typing import Final

from tiercel.cli import listing
from tiercel.schema.fields import FIELDS
from tiercel.schema.render import docs
from tiercel.schema.types import Field

_FEW: Final = 5

EXAMPLES = """\
  tiercel fields                all of them
  tiercel fields proc fd.name   one class, and one field
  tiercel fields 'fd.*port'     by pattern: * stands for anything
  tiercel fields --all          those too that Falco does not list
  tiercel fields --json | jq -r '.[].name'
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    listing.configure(parser, "fields")
    parser.add_argument("--all", action="store_true", help="hidden fields too")


def run(args: argparse.Namespace) -> int:
    """Print the listing."""
    shown = [row for row in FIELDS if args.all or not row.hidden or row.name in args.words]
    rows = listing.choose(shown, args.words, "fields")
    if args.json:
        listing.print_json(rows, docs.field_data)
    elif args.md:
        print(docs.fields_markdown(rows), end="")
    else:
        listing.print_table(_cells(row, brief=len(rows) > _FEW) for row in rows)
    return 0


def _cells(field: Field, *, brief: bool) -> tuple[str, str, str]:
    """Return the cells of a row; ``brief`` leaves out why a field is not read yet."""
    remarks = docs.field_remarks(field, reasons=not brief)
    if field.missing_when and field.is_read:
        remarks.append(f"no value when {field.missing_when}")
    text = f"{field.doc} ({'; '.join(remarks)})" if remarks else field.doc
    return docs.field_spelling(field), docs.kind_words(field), text
