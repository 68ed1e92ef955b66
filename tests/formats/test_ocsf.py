# SPDX-License-Identifier: Apache-2.0
"""Alerts in OCSF: golden files, and the published schema's attributes and types."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from support.examples import examples
from support.formatted import GOLDEN, any_alert, parsed, pretty
from support.made_alerts import made_alert
from support.ocsf_shapes import OBJECTS
from support.shapes import problems

from tiercel.alerts.alert import Alert
from tiercel.formats.placement import product_version
from tiercel.rules.model import Priority

FOLDER = Path(__file__).parents[1] / "golden/alerts"


def shown(fields: dict[str, Any], **others: Any) -> dict[str, Any]:
    found = parsed(made_alert(fields, **others), "ocsf")
    assert not list(problems(found, "detection_finding", OBJECTS))
    return found


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_files(name: str, golden: Callable[[Path, str], None]) -> None:
    golden(FOLDER / f"{name}.ocsf.json", pretty(GOLDEN[name], "ocsf", product_version()))


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_files_have_the_shape_of_the_schema(name: str) -> None:
    assert not list(problems(parsed(GOLDEN[name], "ocsf"), "detection_finding", OBJECTS))


@settings(max_examples=examples(300), deadline=None)
@given(alert=any_alert())
def test_any_alert_has_the_shape_of_the_schema(alert: Alert) -> None:
    assert not list(problems(parsed(alert, "ocsf"), "detection_finding", OBJECTS))


def test_severities() -> None:
    found = [shown({}, priority=priority) for priority in Priority]
    assert [one["severity_id"] for one in found] == [6, 5, 5, 4, 3, 2, 1, 1]
    assert [one["metadata"]["log_level"] for one in found] == [priority.label for priority in Priority]


def test_a_process_without_a_number_is_data() -> None:
    (evidence,) = shown({"proc.name": "sh", "proc.pname": "nginx", "user.name": "www"})["evidences"]
    assert evidence == {
        "data": {"process": {"name": "sh"}, "parent_process": {"name": "nginx"}},
        "user": {"name": "www"},
    }


def test_a_container_alone() -> None:
    found = shown({"container.image": "nginx:1"})
    assert found["evidences"] == [{"data": {"container": {"image": {"name": "nginx:1", "uid": "nginx:1"}}}}]
    found = shown({"container.id": "0123456789ab"})
    assert found["evidences"][0]["data"] == {"container": {"uid": "0123456789ab"}}
    assert "evidences" not in shown({"container.id": "host", "container.name": "host"})


@pytest.mark.parametrize(("server", "direction"), [(True, 1), (False, 2), (None, 0)])
def test_a_connection(server: bool | None, direction: int) -> None:
    fields = {"fd.cip": "::1", "fd.cport": 4000, "fd.sip": "::2", "fd.sport": 80, "fd.is_server": server}
    (evidence,) = shown(fields)["evidences"]
    assert evidence["src_endpoint"] == {"ip": "::1", "port": 4000}
    assert evidence["connection_info"]["direction_id"] == direction
    assert evidence["connection_info"]["protocol_ver_id"] == 6


def test_a_pod_without_a_name() -> None:
    (resource,) = shown({"k8s.ns.name": "shop"})["resources"]
    assert resource == {"type": "Kubernetes Namespace", "name": "shop", "namespace": "shop"}
    (resource,) = shown({"k8s.pod.ip": "10.0.0.1"})["resources"]
    assert resource == {"type": "Kubernetes Pod", "name": "10.0.0.1", "ip": "10.0.0.1"}


def test_techniques_have_the_tactic_if_there_is_one_only() -> None:
    found = shown({}, tags=("T1059.004", "mitre_execution"))["finding_info"]["attacks"]
    tactic = {"uid": "TA0002", "name": "Execution"}
    assert found == [{"tactic": tactic, "technique": {"uid": "T1059"}, "sub_technique": {"uid": "T1059.004"}}]
    found = shown({}, tags=("T1059", "mitre_execution", "mitre_impact"))["finding_info"]["attacks"]
    assert found == [
        {"tactic": tactic},
        {"tactic": {"uid": "TA0040", "name": "Impact"}},
        {"technique": {"uid": "T1059"}},
    ]


def test_values_of_another_type_keep_their_name() -> None:
    found = shown({"proc.pid": "seven", "fd.cport": 99_999, "fd.name": "pipe:[7]"})
    assert found["unmapped"] == {"proc.pid": "seven", "fd.cport": 99_999, "fd.name": "pipe:[7]"}
