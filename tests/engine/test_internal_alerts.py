# SPDX-License-Identifier: Apache-2.0
"""Notices as alerts of the source ``internal``."""

from __future__ import annotations

import json

from tiercel import Notice, Priority, Style
from tiercel.engine.internal_alerts import internal_alert


def test_a_notice_as_an_alert() -> None:
    notice = Notice("events dropped", Priority.WARNING, "6 events lost", {"n_drops": 6, "n_drops.execve": 6})
    alert = internal_alert(notice, Style(), "box")
    assert alert.rule == "tiercel internal event: events dropped"
    assert (alert.source, alert.is_internal, alert.priority) == ("internal", True, Priority.WARNING)
    assert alert.message == "tiercel internal event: 6 events lost"
    assert alert.fields == notice.fields
    assert alert.event.type == "internal"
    line = json.loads(alert.to_json())
    assert (line["output_fields"]["n_drops"], line["source"], line["hostname"]) == (6, "internal", "box")
