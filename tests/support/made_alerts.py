# SPDX-License-Identifier: Apache-2.0
"""Alerts with given fields, without an event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tiercel.alerts.alert import Alert, AlertEvent, Column, Layout
from tiercel.rules.model import Priority

TIME_NS = 1_795_507_624_347_806_549  # 2026-11-24T08:07:04.347806549Z


def made_alert(
    fields: Mapping[str, Any] | None = None,
    *,
    rule: str = "A rule",
    message: str = "message",
    priority: Priority = Priority.WARNING,
    tags: tuple[str, ...] = (),
    source: str = "syscall",
    hostname: str = "box",
    time_ns: int = TIME_NS,
) -> Alert:
    """Return an alert with these fields, and its time as the first one."""
    given = {"evt.time": time_ns, **(fields or {})}
    columns = tuple(Column(key, "time" if key == "evt.time" else "dec") for key in given)
    layout = Layout(rule=rule, priority=priority, source=source, tags=tags, segments=(message,), columns=columns)
    event = AlertEvent(lambda: {"type": "openat", "params": {}})
    return Alert(layout, tuple(given.values()), time_ns=time_ns, hostname=hostname, event=event)
