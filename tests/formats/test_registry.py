# SPDX-License-Identifier: Apache-2.0
"""Registry of the formats of alerts."""

from __future__ import annotations

from typing import Any

import pytest
from support.made_alerts import made_alert

from tiercel.errors import UsageError
from tiercel.formats.registry import formatter
from tiercel.schema.alert_formats import FORMATS


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_has_a_module(name: str) -> None:
    line = formatter(name)(made_alert())
    assert "message" in line
    assert "\n" not in line


def test_an_unknown_format() -> None:
    unknown: Any = "xml"
    with pytest.raises(UsageError, match="no format 'xml'") as caught:
        made_alert().render(unknown)
    assert (caught.value.code, "falco" in str(caught.value.hint)) == ("E607", True)
