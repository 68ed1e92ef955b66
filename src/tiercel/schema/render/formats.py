# SPDX-License-Identifier: Apache-2.0
"""Reference of the formats of alerts."""

from __future__ import annotations

from typing import Final

from tiercel.schema.alert_formats import FORMAT_DOCS
from tiercel.schema.alert_places import PLACES
from tiercel.schema.render.docs import NOTICE, markdown_table

__all__ = ["formats_markdown"]

_INTRO: Final = """\
`--format`, `output_format` and the option `format` of each output select the format of alerts
([guide](../howto/formats.md)).
"""
_FIELDS: Final = """\
Of several fields with the same place, the first one that has a value is used. Fields without a place, and values of
another type, keep their own name: below `unmapped` in OCSF, and below `labels` in ECS, with `_` for each dot.
`evidences` and `resources` are lists of one object.
"""


def formats_markdown() -> str:
    """Return the page."""
    rows = [(f"`{place.field}`", _code(place.ocsf), _code(place.ecs)) for place in PLACES]
    parts = (
        *(NOTICE, "# Formats of alerts", "", _INTRO),
        *markdown_table(("format", "content"), [(f"`{name}`", text) for name, text in FORMAT_DOCS.items()]),
        *("", "## Fields in OCSF and ECS", "", _FIELDS),
        *markdown_table(("field", "OCSF", "ECS"), rows),
    )
    return "\n".join(parts) + "\n"


def _code(path: str) -> str:
    return f"`{path.removesuffix('[]')}`" if path else ""
