# SPDX-License-Identifier: Apache-2.0
"""Alerts for tests of outputs."""

from __future__ import annotations

import json

from tiercel.rules.model import Priority
from tiercel.schema.alert_formats import AlertFormat


class View:
    """Alert with a number in its text."""

    rule = "A rule"
    source = "syscall"
    tags = ("t",)
    hostname = "node 1"
    time_ns = 1_700_000_000_123_456_789
    message = output = "message"

    def __init__(self, number: int, priority: Priority = Priority.WARNING) -> None:
        self.number = number
        self.priority = priority
        self.fields = {"evt.num": number}

    def to_text(self) -> str:
        return f"alert {self.number} ü"

    def to_json(self) -> str:
        return json.dumps({"number": self.number})

    def json_fields(self) -> dict[str, int]:
        return self.fields

    def render(self, format: AlertFormat) -> str:
        return self.to_text() if format == "text" else self.to_json()
