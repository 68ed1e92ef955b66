# SPDX-License-Identifier: Apache-2.0
"""Notices as alerts of the source ``internal``, as Falco reports them."""

from __future__ import annotations

import time
from typing import Final

from tiercel.alerts.alert import Alert, AlertEvent, Column, Layout, Style
from tiercel.notice import Notice

__all__ = ["INTERNAL", "internal_alert"]

INTERNAL: Final = "tiercel internal event"
"""Prefix of the rule names and messages of internal alerts."""


def internal_alert(notice: Notice, style: Style, hostname: str) -> Alert:
    """Return a notice as an alert."""
    layout = Layout(
        rule=f"{INTERNAL}: {notice.kind}",
        priority=notice.priority,
        source="internal",
        tags=(),
        segments=(f"{INTERNAL}: {notice.text}",),
        columns=tuple(Column(key) for key in notice.fields),
        style=style,
    )
    event = AlertEvent(lambda: {"type": "internal", "params": dict(notice.fields)})
    values = tuple(notice.fields.values())
    return Alert(layout, values, time_ns=time.time_ns(), hostname=hostname, event=event)
