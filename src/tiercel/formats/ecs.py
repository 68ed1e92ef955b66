# SPDX-License-Identifier: Apache-2.0
"""Elastic Common Schema 9: an event of the kind ``alert``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tiercel.formats.placement import Placement, attacks, base_name, identifier, product_version
from tiercel.formats.values import json_line, utc_time, value_text

if TYPE_CHECKING:
    from tiercel.formats.content import AlertContent

__all__ = ["VERSION", "render"]

VERSION: Final = "9.4.0"

# Categories of an event by the objects that it has.
_CATEGORIES: Final = (("process", "process"), ("file", "file"), ("source", "network"), ("destination", "network"))
_FILE_TYPES: Final = {"file": "file", "directory": "dir"}


def render(alert: AlertContent) -> str:
    """Return the alert as an event, on one line."""
    placed = Placement(alert, "ecs", _date)
    found = placed.tree
    _complete_file(placed)
    _complete_network(placed)
    if "orchestrator" in found:
        found["orchestrator"]["type"] = "kubernetes"
        if "resource" in found["orchestrator"]:
            found["orchestrator"]["resource"]["type"] = "pod"
    found |= {
        "@timestamp": _date(alert.time_ns),
        "ecs": {"version": VERSION},
        "message": alert.message,
        "event": {**found.get("event", {}), **_event(alert, placed)},
        "log": {"level": alert.priority.label.lower()},
        "rule": {"name": alert.rule},
        "host": {"name": alert.hostname, "hostname": alert.hostname},
        "agent": {"type": "tiercel", "version": product_version()},
    }
    if alert.tags:
        found["tags"] = list(alert.tags)
    if threat := _threat(alert.tags):
        found["threat"] = threat
    found["related"] = _related(found)
    if placed.rest:
        found["labels"] = {_label(name): value_text(value, "dec") for name, value in placed.rest.items()}
    return json_line(found)


def _date(time_ns: int) -> str:
    return f"{utc_time(time_ns)}Z"


def _event(alert: AlertContent, placed: Placement) -> dict[str, Any]:
    categories = dict.fromkeys(word for name, word in _CATEGORIES if name in placed.tree)
    event: dict[str, Any] = {
        "id": identifier(alert),
        "kind": "alert",
        "category": ["intrusion_detection", *categories],
        "type": ["info"],
        "severity": int(alert.priority),
        "module": "tiercel",
        "dataset": "tiercel.alerts",
        "provider": alert.source,
    }
    if result := placed.text("evt.res"):
        event["outcome"] = "success" if result == "SUCCESS" else "failure"
    return event


def _complete_file(placed: Placement) -> None:
    file = placed.tree.get("file")
    if file is None:
        return
    if "path" in file:
        file.setdefault("name", base_name(file["path"]))
    if word := _FILE_TYPES.get(placed.text("fd.type")):
        file["type"] = word


def _complete_network(placed: Placement) -> None:
    tree = placed.tree
    ends = [tree[name] for name in ("source", "destination") if name in tree]
    if not ends and "network" not in tree:
        return
    network = tree.setdefault("network", {})
    addresses = [end["ip"] for end in ends if "ip" in end]
    if addresses:
        network["type"] = "ipv6" if ":" in addresses[0] else "ipv4"
    for end in ends:
        if "ip" in end:
            end["address"] = end["ip"]
    is_server = placed.take("fd.is_server")
    if isinstance(is_server, bool):
        network["direction"] = "ingress" if is_server else "egress"
    if not network:
        del tree["network"]


def _threat(tags: tuple[str, ...]) -> dict[str, Any]:
    tactics, techniques = attacks(tags)
    if not (tactics or techniques):
        return {}
    found: dict[str, Any] = {"framework": "MITRE ATT&CK"}
    if tactics:
        found["tactic"] = {"id": [tactic.uid for tactic in tactics], "name": [tactic.name for tactic in tactics]}
    if techniques:
        found["technique"] = {"id": list(dict.fromkeys(technique for technique, _ in techniques))}
        if subs := [sub for _, sub in techniques if sub]:
            found["technique"]["subtechnique"] = {"id": subs}
    return found


def _related(found: dict[str, Any]) -> dict[str, Any]:
    """Return the values that searches look for, independently of their role."""
    addresses = dict.fromkeys(found[end]["ip"] for end in ("source", "destination") if "ip" in found.get(end, {}))
    users = [name] if (name := found.get("user", {}).get("name")) else []
    related = {"ip": list(addresses), "user": users, "hosts": [found["host"]["name"]]}
    return {name: values for name, values in related.items() if values}


def _label(name: str) -> str:
    """Return the name of a label, which has no dots."""
    return name.replace(".", "_")
