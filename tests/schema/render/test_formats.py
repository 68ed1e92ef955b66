# SPDX-License-Identifier: Apache-2.0
"""Reference of the formats of alerts."""

from __future__ import annotations

from tiercel.schema.alert_formats import FORMATS
from tiercel.schema.alert_places import PLACES
from tiercel.schema.render.formats import formats_markdown


def test_each_format_and_field_is_on_the_page() -> None:
    page = formats_markdown()
    assert all(f"| `{name}` |" in page for name in (*FORMATS, *(place.field for place in PLACES)))
    assert "| `proc.vpid` |  | `process.vpid` |" in page
