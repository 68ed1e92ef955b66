# SPDX-License-Identifier: Apache-2.0
"""Alerts as bytes: all members survive, and damage is found."""

from __future__ import annotations

import zlib
from typing import Any

import pytest
from support.alert_views import View

from tiercel.alerts.alert import Alert, AlertEvent, Column, Layout, Shown
from tiercel.outputs.base import AlertView
from tiercel.outputs.stored_alert import StoredAlert, pack
from tiercel.rules.model import Priority
from tiercel.schema.alert_formats import FORMATS

MEMBERS = ("rule", "priority", "source", "tags", "time_ns", "hostname", "fields", "message", "output")


def alert(*values: Any) -> Alert:
    columns = tuple(Column(f"proc.aname[{number}]") for number in range(len(values)))
    segments = ("a\n\x1b[31m ü", *(Shown(number) for number in range(len(values))))
    layout = Layout("Rule \u202e", Priority.CRITICAL, "syscall", ("a", "b"), segments, columns)
    event = AlertEvent(lambda: {"type": "open", "params": {}})
    return Alert(layout, values, time_ns=1_700_000_000_123_456_789, hostname="höst", event=event)


@pytest.mark.parametrize(
    "values", [(), (b"/tmp/\xff\xfe\x00", None, -1, 1 << 64, True, 1.5, "\ud800"), (b"x" * 100_000,)]
)
def test_every_member_is_read_as_it_was_written(values: tuple[Any, ...]) -> None:
    before = alert(*values)
    after: AlertView = StoredAlert(pack(before))
    assert [getattr(after, name) for name in MEMBERS] == [getattr(before, name) for name in MEMBERS]
    assert (after.to_text(), after.to_json()) == (before.to_text(), before.to_json())
    assert [after.render(name) for name in FORMATS] == [before.render(name) for name in FORMATS]
    assert type(after.priority) is Priority
    with pytest.raises(TypeError):
        after.fields["x"] = 1  # type: ignore[index]


def test_lists_and_other_objects_in_fields() -> None:
    view = View(1)
    view.fields = {"list": ("a", "b"), "path": object}  # type: ignore[dict-item]
    assert StoredAlert(pack(view)).fields["list"] == ["a", "b"]


@pytest.mark.parametrize(
    "damaged",
    [b"", b"x", pack(View(1))[:-1], pack(View(1))[:9] + b"\0" + pack(View(1))[10:]]
    + [zlib.compress(text) for text in (b"", b"{}", b"[]", b"[1,4]", b'["r",99]', b"\xff", b"[" * 100_000)],
)
def test_damaged_bytes(damaged: bytes) -> None:
    with pytest.raises(ValueError):
        StoredAlert(damaged)
