# SPDX-License-Identifier: Apache-2.0
"""OCSF 1.8: Detection Finding."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from tiercel.formats.placement import Placement, attacks, base_name, identifier, product_version
from tiercel.formats.values import json_line, utc_time
from tiercel.rules.model import Priority

if TYPE_CHECKING:
    from tiercel.formats.content import AlertContent

__all__ = ["VERSION", "render"]

VERSION: Final = "1.8.0"

_CATEGORY: Final = 2  # findings
_CLASS: Final = 2004  # Detection Finding
_CREATE: Final = 1
_NEW: Final = 1
_RULE: Final = 1
_MILLISECOND: Final = 1_000_000

# Severity by priority of the rule.
_SEVERITIES: Final = {
    Priority.EMERGENCY: (6, "Fatal"),
    Priority.ALERT: (5, "Critical"),
    Priority.CRITICAL: (5, "Critical"),
    Priority.ERROR: (4, "High"),
    Priority.WARNING: (3, "Medium"),
    Priority.NOTICE: (2, "Low"),
    Priority.INFORMATIONAL: (1, "Informational"),
    Priority.DEBUG: (1, "Informational"),
}
# Type of a file by `fd.type`.
_FILE_TYPES: Final = {"file": 1, "directory": 2, "unix": 5, "pipe": 6}
_DIRECTIONS: Final = {None: (0, "Unknown"), True: (1, "Inbound"), False: (2, "Outbound")}
# Attributes of an evidence that are observables, with their type.
_OBSERVABLES: Final = (
    ("process.name", 9, "Process Name"),
    ("process.path", 45, "File Path"),
    ("process.cmd_line", 13, "Command Line"),
    ("process.pid", 15, "Process ID"),
    ("process.user.name", 4, "User Name"),
    ("process.parent_process.name", 9, "Process Name"),
    ("file.path", 45, "File Path"),
    ("src_endpoint.ip", 2, "IP Address"),
    ("src_endpoint.port", 11, "Port"),
    ("dst_endpoint.ip", 2, "IP Address"),
    ("dst_endpoint.port", 11, "Port"),
)
# Members of an evidence of which it has at least one; a container alone does not suffice.
_ENOUGH: Final = frozenset({"process", "file", "connection_info", "src_endpoint", "dst_endpoint", "user", "data"})
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def render(alert: AlertContent) -> str:
    """Return the alert as a Detection Finding, on one line."""
    placed = Placement(alert, "ocsf", lambda time_ns: time_ns // _MILLISECOND)
    tree = placed.tree
    uid = identifier(alert)
    severity_id, severity = _SEVERITIES[alert.priority]
    finding: dict[str, Any] = {
        "activity_id": _CREATE,
        "activity_name": "Create",
        "category_uid": _CATEGORY,
        "category_name": "Findings",
        "class_uid": _CLASS,
        "class_name": "Detection Finding",
        "type_uid": _CLASS * 100 + _CREATE,
        "type_name": "Detection Finding: Create",
        "time": alert.time_ns // _MILLISECOND,
        "severity_id": severity_id,
        "severity": severity,
        "status_id": _NEW,
        "status": "New",
        "is_alert": True,
        "message": alert.message,
        "metadata": {
            "version": VERSION,
            "uid": uid,
            "product": {"name": "tiercel", "vendor_name": "tiercel", "version": product_version()},
            "log_level": alert.priority.label,
            "original_time": f"{utc_time(alert.time_ns)}Z",
            **tree.get("metadata", {}),
        },
        "finding_info": {
            "uid": uid,
            "title": alert.rule,
            "analytic": {"name": alert.rule, "type_id": _RULE, "type": "Rule"},
            "data_sources": [alert.source],
        },
        "device": {"hostname": alert.hostname, "type_id": 0, "type": "Unknown"},
    }
    if alert.tags:
        finding["metadata"]["labels"] = list(alert.tags)
    if found := _attacks(alert.tags):
        finding["finding_info"]["attacks"] = found
    resource = tree.get("resources")
    evidence = _evidence(placed, resource)
    if resource is not None:
        finding["resources"] = [_resource(resource)]
    observables = [{"name": "device.hostname", "type_id": 1, "type": "Hostname", "value": alert.hostname}]
    if evidence:
        finding["evidences"] = [evidence]
        observables += _observables(evidence)
    finding["observables"] = observables
    if placed.rest:
        finding["unmapped"] = placed.rest
    return json_line(finding)


def _evidence(placed: Placement, resource: dict[str, Any] | None) -> dict[str, Any]:
    """Return the evidence, whose objects have all required attributes; empty if the alert has no such fields."""
    found: dict[str, Any] = placed.tree.get("evidences", {})
    _complete_process(found)
    _complete_file(placed, found)
    _complete_connection(placed, found)
    _complete_container(found, resource)
    if found and not found.keys() & _ENOUGH:
        found["data"] = {"container": found["container"]}
    return found


def _complete_process(evidence: dict[str, Any]) -> None:
    """Move a process without a number, which the schema does not accept, to ``data``; its user stays an evidence."""
    process = evidence.get("process")
    if process is None:
        return
    data: dict[str, Any] = {}
    parent = process.get("parent_process")
    if parent is not None and "pid" not in parent:
        data["parent_process"] = process.pop("parent_process")
    if "pid" not in process:
        if (user := process.pop("user", None)) is not None:
            evidence["user"] = user
        del evidence["process"]
        if process:
            data["process"] = process
    if data:
        evidence["data"] = data


def _complete_file(placed: Placement, evidence: dict[str, Any]) -> None:
    file = evidence.get("file")
    if file is None:
        return
    if "path" in file:
        file.setdefault("name", base_name(file["path"]))
    if "name" not in file:
        evidence.setdefault("data", {})["file"] = evidence.pop("file")
        return
    file["type_id"] = _FILE_TYPES.get(placed.text("fd.type"), 0)


def _complete_connection(placed: Placement, evidence: dict[str, Any]) -> None:
    ends = [evidence[name] for name in ("src_endpoint", "dst_endpoint") if name in evidence]
    for name in ("src_endpoint", "dst_endpoint"):
        if name in evidence and "ip" not in evidence[name]:
            evidence.setdefault("data", {})[name] = evidence.pop(name)
    if not ends and "connection_info" not in evidence:
        return
    is_server = placed.take("fd.is_server")
    direction_id, direction = _DIRECTIONS[is_server if isinstance(is_server, bool) else None]
    info = evidence.setdefault("connection_info", {})
    info |= {"direction_id": direction_id, "direction": direction}
    addresses = [end["ip"] for end in ends if "ip" in end]
    if addresses:
        info["protocol_ver_id"] = 6 if ":" in addresses[0] else 4


def _complete_container(evidence: dict[str, Any], resource: dict[str, Any] | None) -> None:
    container = evidence.get("container")
    if container is None:
        return
    image = container.get("image")
    if image is not None and "uid" not in image:
        reference = [image[name] for name in ("name", "tag") if name in image]
        image["uid"] = ":".join(reference)
    if resource is not None:
        container["orchestrator"] = "Kubernetes"
        if _UUID.fullmatch(resource.get("uid", "")):
            container["pod_uuid"] = resource["uid"]
    if not container.keys() & {"uid", "name"}:
        evidence.setdefault("data", {})["container"] = evidence.pop("container")


def _resource(found: dict[str, Any]) -> dict[str, Any]:
    """Return the resource of the cluster; the schema requires a name or an identifier."""
    if found.keys() & {"name", "uid"}:
        return {"type": "Kubernetes Pod", **found}
    if "namespace" in found:
        return {"type": "Kubernetes Namespace", "name": found["namespace"], **found}
    return {"type": "Kubernetes Pod", "name": found["ip"], **found}


def _attacks(tags: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return objects of ATT&CK; techniques have a tactic if there is one only, otherwise it is unknown which."""
    tactics, techniques = attacks(tags)
    named = [{"tactic": {"uid": tactic.uid, "name": tactic.name}} for tactic in tactics]
    shared = named[0] if len(named) == 1 else {}
    found = [
        {**shared, "technique": {"uid": technique}, **({"sub_technique": {"uid": sub}} if sub else {})}
        for technique, sub in techniques
    ]
    return found if shared and found else [*named, *found]


def _observables(evidence: dict[str, Any]) -> list[dict[str, Any]]:
    found = []
    for path, type_id, caption in _OBSERVABLES:
        for place in (path, path.removeprefix("process."), f"data.{path}", f"data.{path.removeprefix('process.')}"):
            value = _at(evidence, place)
            if value is not None:
                found.append({"name": f"evidences[].{place}", "type_id": type_id, "type": caption, "value": str(value)})
                break
    return found


def _at(tree: Any, path: str) -> Any:
    for name in path.split("."):
        tree = tree.get(name) if isinstance(tree, dict) else None
    return tree
