# SPDX-License-Identifier: Apache-2.0
"""tiercel fields: list the fields that conditions and outputs can use."""

from __future__ import annotations

import argparse

from tiercel.cli import listing
from tiercel.schema.fields import FIELDS
from tiercel.schema.render import docs
from tiercel.schema.types import Field

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
        listing.print_table(map(_cells, rows))
    return 0


def _cells(field: Field) -> tuple[str, str, str]:
    remarks = docs.field_remarks(field)
    if field.missing_when:
        remarks.append(f"no value when {field.missing_when}")
    text = f"{field.doc} ({'; '.join(remarks)})" if remarks else field.doc
    return docs.field_spelling(field), docs.KIND_WORDS[field.type.kind], text
