# SPDX-License-Identifier: Apache-2.0
"""Fields of ECS 9.4 that alerts use: names and types, from the published reference.

Only fields that tiercel writes are listed, so that any other one is an error.
"""

from __future__ import annotations

from typing import Final

from support.shapes import Shape

_CATEGORIES: Final = {"intrusion_detection", "process", "file", "network"}

OBJECTS: Final[dict[str, Shape]] = {
    "event_document": {
        "@timestamp!": "date",
        "ecs!": "ecs",
        "message": "text",
        "tags": ["text"],
        "labels": "map of texts",
        "agent": "agent",
        "container": "container",
        "destination": "endpoint",
        "event": "event",
        "file": "file",
        "group": "entity",
        "host": "host",
        "log": "log",
        "network": "network",
        "orchestrator": "orchestrator",
        "process": "process",
        "related": "related",
        "rule": "rule",
        "source": "endpoint",
        "threat": "threat",
        "user": "entity",
    },
    "ecs": {"version!": {"9.4.0"}},
    "agent": {"type": "text", "version": "text"},
    "container": {
        "id": "text",
        "name": "text",
        "runtime": "text",
        "image": "image",
        "security_context": "security_context",
    },
    "image": {"name": "text", "tag": ["text"], "hash": "hash"},
    "hash": {"all": ["text"]},
    "security_context": {"privileged": "flag"},
    "endpoint": {"address": "text", "ip": "address", "port": "port"},
    "event": {
        "kind!": {"alert"},
        "category": [_CATEGORIES],
        "type": [{"info"}],
        "id": "text",
        "action": "text",
        "dataset": "text",
        "module": "text",
        "provider": "text",
        "outcome": {"success", "failure"},
        "sequence": "number",
        "severity": "number",
        "start": "date",
        "end": "date",
    },
    "file": {
        "path": "text",
        "name": "text",
        "directory": "text",
        "inode": "text",
        "target_path": "text",
        "type": {"file", "dir"},
    },
    "entity": {"id": "text", "name": "text"},
    "host": {"name": "text", "hostname": "text"},
    "log": {"level": "text"},
    "network": {"transport": "text", "type": {"ipv4", "ipv6"}, "direction": {"ingress", "egress"}},
    "orchestrator": {"type": {"kubernetes"}, "namespace": "text", "resource": "resource"},
    "resource": {"type": {"pod"}, "name": "text", "id": "text", "ip": ["address"]},
    "process": {
        "pid": "number",
        "vpid": "number",
        "name": "text",
        "executable": "text",
        "command_line": "text",
        "working_directory": "text",
        "start": "date",
        "thread": "thread",
        "parent": "process",
        "session_leader": "process",
        "group_leader": "process",
    },
    "thread": {"id": "number"},
    "related": {"ip": ["address"], "user": ["text"], "hosts": ["text"]},
    "rule": {"name": "text"},
    "threat": {"framework": {"MITRE ATT&CK"}, "tactic": "tactic", "technique": "technique"},
    "tactic": {"id": ["text"], "name": ["text"]},
    "technique": {"id": ["text"], "subtechnique": "subtechnique"},
    "subtechnique": {"id": ["text"]},
}
