# SPDX-License-Identifier: Apache-2.0
"""Notices as alerts of the source ``internal``, as Falco reports them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from tiercel.alerts.alert import Alert, AlertEvent, Column, Layout, Style, hostname
from tiercel.frozen import replace
from tiercel.notice import Notice
from tiercel.rules import Priority

__all__ = ["INTERNAL", "AlertMaker", "falco_alert", "internal_alert"]

AlertMaker = Callable[[str, Priority, str, Mapping[str, Any]], None]
"""Function that delivers an internal alert: kind, priority, text, fields."""

INTERNAL: Final = "tiercel internal event"
"""Prefix of the rule names and messages of internal alerts."""


def internal_alert(notice: Notice, style: Style, hostname: str) -> Alert:
    """Return a notice as an alert."""
    rule, text = f"{INTERNAL}: {notice.kind}", f"{INTERNAL}: {notice.text}"
    return _alert(rule, notice.priority, text, notice.fields, style, hostname)


def falco_alert(
    kind: str, priority: Priority, text: str, fields: Mapping[str, Any], style: Style, *, lists_fields: bool
) -> Alert:
    """Return an internal alert under Falco's name, ``Falco internal: <kind>``, which programs may search for.

    ``lists_fields`` appends the fields to the text, as Falco does where alerts are no JSON.
    """
    if lists_fields and fields:
        listed = " ".join(f"{key}={json.dumps(value)}" for key, value in fields.items())
        text = f"{text} ({listed})"
    return _alert(f"Falco internal: {kind}", priority, text, fields, style, hostname())


def _alert(rule: str, priority: Priority, text: str, fields: Mapping[str, Any], style: Style, machine: str) -> Alert:
    layout = Layout(
        rule=rule,
        priority=priority,
        source="internal",
        tags=(),
        segments=(text,),
        columns=tuple(Column(key) for key in fields),
        style=replace(style, json_tags=False),  # there are none
    )
    event = AlertEvent(lambda: {"type": "internal", "params": dict(fields)})
    return Alert(layout, tuple(fields.values()), time_ns=time.time_ns(), hostname=machine, event=event)
