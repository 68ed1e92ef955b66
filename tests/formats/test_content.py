# SPDX-License-Identifier: Apache-2.0
"""Formats use nothing of an alert beyond its interface, so that stored alerts have each format."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from support.formatted import GOLDEN

from tiercel.alerts.alert import Alert
from tiercel.formats.content import AlertContent
from tiercel.formats.registry import formatter
from tiercel.schema.alert_formats import FORMATS


class Stored:
    """Members of an alert, without the alert."""

    def __init__(self, alert: Alert) -> None:
        self.rule, self.priority, self.source, self.tags = alert.rule, alert.priority, alert.source, alert.tags
        self.time_ns, self.hostname = alert.time_ns, alert.hostname
        self.fields, self.message = alert.fields, alert.message
        self._text, self._json, self._fields = alert.to_text(), alert.to_json(), alert.json_fields()

    def to_text(self) -> str:
        return self._text

    def to_json(self) -> str:
        return self._json

    def json_fields(self) -> Mapping[str, Any]:
        return self._fields


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("case", GOLDEN)
def test_members_are_enough(name: Any, case: str) -> None:
    stored: AlertContent = Stored(GOLDEN[case])
    assert formatter(name)(stored) == GOLDEN[case].render(name)
