# SPDX-License-Identifier: Apache-2.0
"""Names of the formats of alerts."""

from __future__ import annotations

from tiercel.schema.alert_formats import FORMAT_DOCS, FORMATS


def test_each_format_is_described() -> None:
    assert tuple(FORMAT_DOCS) == FORMATS
