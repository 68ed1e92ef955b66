# SPDX-License-Identifier: Apache-2.0
"""Alerts in ECS: golden files, and the published schema's attributes and types."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from support.ecs_shapes import OBJECTS
from support.examples import examples
from support.formatted import GOLDEN, any_alert, parsed, pretty
from support.made_alerts import made_alert
from support.shapes import problems

from tiercel.alerts.alert import Alert
from tiercel.formats.placement import product_version
from tiercel.rules.model import Priority

FOLDER = Path(__file__).parents[1] / "golden/alerts"


def shown(fields: dict[str, Any], **others: Any) -> dict[str, Any]:
    found = parsed(made_alert(fields, **others), "ecs")
    assert not list(problems(found, "event_document", OBJECTS))
    return found


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_files(name: str, golden: Callable[[Path, str], None]) -> None:
    golden(FOLDER / f"{name}.ecs.json", pretty(GOLDEN[name], "ecs", product_version()))


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_files_have_the_shape_of_the_schema(name: str) -> None:
    assert not list(problems(parsed(GOLDEN[name], "ecs"), "event_document", OBJECTS))


@settings(max_examples=examples(300), deadline=None)
@given(alert=any_alert())
def test_any_alert_has_the_shape_of_the_schema(alert: Alert) -> None:
    assert not list(problems(parsed(alert, "ecs"), "event_document", OBJECTS))


def test_severity_and_level() -> None:
    found = shown({}, priority=Priority.INFORMATIONAL)
    assert (found["event"]["severity"], found["log"]["level"]) == (6, "informational")


def test_a_file() -> None:
    found = shown({"fd.name": "/etc/shadow", "fd.ino": 7, "fd.type": "file", "evt.res": "EPERM"})
    assert found["file"] == {"path": "/etc/shadow", "name": "shadow", "inode": "7", "type": "file"}
    assert (found["event"]["outcome"], found["event"]["category"]) == ("failure", ["intrusion_detection", "file"])


def test_a_connection_from_its_name() -> None:
    found = shown({"fd.name": "1.2.3.4:4000->[::1]:80", "fd.is_server": True})
    assert found["source"] == {"address": "1.2.3.4", "ip": "1.2.3.4", "port": 4000}
    assert found["destination"] == {"address": "::1", "ip": "::1", "port": 80}
    assert found["network"] == {"type": "ipv4", "direction": "ingress"}
    assert found["related"]["ip"] == ["1.2.3.4", "::1"]
    assert "labels" not in found


def test_techniques() -> None:
    found = shown({}, tags=("T1059.004", "T1059", "TA0002", "host"))["threat"]
    assert found["technique"] == {"id": ["T1059"], "subtechnique": {"id": ["T1059.004"]}}
    assert found["tactic"] == {"id": ["TA0002"], "name": ["Execution"]}


def test_other_fields_are_labels_with_texts() -> None:
    found = shown({"proc.aname[2]": "sh", "fd.num": 3, "proc.env": ["A=1", "B"], "evt.failed": False})
    assert found["labels"] == {"proc_aname[2]": "sh", "fd_num": "3", "proc_env": "(A=1,B)", "evt_failed": "false"}
