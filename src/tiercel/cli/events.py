# SPDX-License-Identifier: Apache-2.0
"""tiercel events: list the events and their params."""

from __future__ import annotations

import argparse

from tiercel.cli import listing
from tiercel.schema.names import FLAG_TABLE_BY_NAME
from tiercel.schema.render import docs
from tiercel.schema.types import Event, Param

EXAMPLES = """\
  tiercel events              all of them, one a line
  tiercel events openat       the params of one, and the names of their values
  tiercel events --json | jq -r '.[] | select(.category == "net") | .name'
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    listing.configure(parser, "events")


def run(args: argparse.Namespace) -> int:
    """Print the listing; with words, the params too."""
    rows = listing.choose(docs.visible_events(), args.words, "events")
    if args.json:
        listing.print_json(rows, docs.event_data)
    elif args.md:
        print(docs.events_markdown(rows), end="")
    elif args.words:
        for number, event in enumerate(rows):
            print(_heading(event) if number == 0 else "\n" + _heading(event))
            listing.print_table(map(_param_cells, event.params))
    else:
        listing.print_table((event.name, event.category, docs.event_doc(event)) for event in rows)
    return 0


def _heading(event: Event) -> str:
    return f"{event.name} ({event.category}): {docs.event_doc(event)}"


def _param_cells(param: Param) -> tuple[str, str, str]:
    values = FLAG_TABLE_BY_NAME.get(param.flags or "")
    names = f" Values: {', '.join(dict(values.rows))}." if values else ""
    return f"  {param.name}", param.type.name, f"{param.doc}.{names}"
