# SPDX-License-Identifier: Apache-2.0
"""Captures of upstream's own tests: what they say about connections over IPv6."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.live import SHARED

from tiercel import Ruleset, replay

pytestmark = pytest.mark.shared

FIELDS = (
    *("evt.num", "evt.type", "fd.type", "fd.typechar", "fd.sockfamily", "fd.cip", "fd.sip", "fd.cport", "fd.sport"),
    *("fd.l4proto", "fd.name", "fd.lip", "fd.rip", "fd.lport", "fd.rport", "fd.is_server"),
)


def load(name: str) -> dict[str, Any]:
    path = SHARED / "spec/vectors" / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else {}


def cases() -> list[Any]:
    return [pytest.param(case, id=case["name"]) for case in load("capture_ipv6").get("cases", ())]


def rule(name: str, condition: str) -> str:
    output = " ".join(f"%{field}" for field in FIELDS)
    return json.dumps({"rule": name, "desc": "d", "condition": condition, "output": output, "priority": "INFO"})


def seen(path: Path, conditions: dict[str, str]) -> dict[str, list[dict[str, Any]]]:
    """The fields of the events that fit each condition."""
    rules = Ruleset.loads("\n".join(f"- {rule(name, condition)}" for name, condition in conditions.items()))
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in conditions}
    for alert in replay(path, rules, path_matching="requested", rule_matching="all"):
        found[alert.rule].append(dict(alert.fields))
    return found


@pytest.mark.parametrize("case", cases())
def test_connections_over_ipv6(case: dict[str, Any]) -> None:
    # One capture does not list its processes; their number is that of their only thread.
    extra = case["extra_filter"].replace("proc.pid", "thread.tid")
    base = f"({load('capture_ipv6')['base_filter']}) and {extra}"
    if "sequence_on" in case:
        calls = ", ".join(case["sequence_on"])
        events = seen(SHARED / "spec" / case["capture"], {"all": f"evt.type in ({calls}) and {extra}"})
        names = [event["fd.name"] for event in events["all"]]
        assert names == case["fd_name_numeric_sequence"]
        return
    conditions = {
        "all": base,
        "client": f"{base} and fd.ip = {case['client_ip']}",
        "server": f"{base} and fd.ip = {case['server_ip']}",
        "client net": f"{base} and fd.net = {case['client_net']} and fd.cnet = {case['client_net']}",
        "server net": f"{base} and fd.net = {case['server_net']} and fd.snet = {case['server_net']}",
    }
    if case["local_remote"]:
        conditions["local net"] = f"{base} and fd.lnet = {case['client_net']} and fd.rnet = {case['server_net']}"
    found = seen(SHARED / "spec" / case["capture"], conditions)
    assert found["all"]
    nums = {name: {event["evt.num"] for event in events} for name, events in found.items()}
    connected = False
    for event in found["all"]:
        assert (event["fd.type"], event["fd.typechar"], event["fd.sockfamily"]) == ("ipv6", "6", "ip")
        connected = connected or event["evt.type"] in case["connected_after"]
        if connected:
            assert {name: event[name] for name in wanted(case)} == wanted(case), event
            assert all(event["evt.num"] in numbers for numbers in nums.values())


def wanted(case: dict[str, Any]) -> dict[str, Any]:
    """The values of fields once the connection is known."""
    client, server = (case["client_ip"], int(case["client_port"])), (case["server_ip"], int(case["server_port"]))
    values = {
        "fd.cip": client[0],
        "fd.cport": client[1],
        "fd.sip": server[0],
        "fd.sport": server[1],
        "fd.l4proto": case["l4proto"],
        "fd.name": case["fd_name_numeric"],
    }
    if "is_server" in case:
        values["fd.is_server"] = case["is_server"] == "true"
    if case["local_remote"]:
        values |= {"fd.lip": client[0], "fd.lport": client[1], "fd.rip": server[0], "fd.rport": server[1]}
    return values
