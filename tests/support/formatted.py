# SPDX-License-Identifier: Apache-2.0
"""Alerts whose lines in each format are golden files, and a strategy for alerts with any fields."""

from __future__ import annotations

import json
import os
from typing import Any, Final

from hypothesis import strategies as st

from support.made_alerts import made_alert
from tiercel.alerts.alert import Alert
from tiercel.rules.model import Priority
from tiercel.schema.alert_formats import AlertFormat
from tiercel.schema.alert_places import PLACES

PROCESS: Final = {
    "proc.pid": 4321,
    "proc.name": "cat",
    "proc.exepath": "/usr/bin/cat",
    "proc.cmdline": "cat /etc/shadow",
    "proc.cwd": "/root",
    "proc.pid.ts": 1_795_507_000_000_000_001,
    "proc.ppid": 4300,
    "proc.pname": "bash",
    "proc.pcmdline": "bash -i",
    "user.uid": 0,
    "user.name": "root",
    "group.gid": 0,
}
CONTAINER: Final = {
    "container.id": "0123456789ab",
    "container.full_id": "0123456789ab" + "0" * 52,
    "container.name": "web",
    "container.type": "containerd",
    "container.image.repository": "example.com/nginx",
    "container.image.tag": "1.29",
    "container.image.digest": "sha256:00",
    "container.privileged": False,
    "k8s.ns.name": "shop",
    "k8s.pod.name": "web-0",
    "k8s.pod.uid": "5d4dfbb9-5b0a-4c5a-9c4f-0a3b8c1d2e3f",
}
GOLDEN: Final = {
    "file": made_alert(
        {**PROCESS, "evt.type": "openat", "evt.res": "SUCCESS", "fd.name": "/etc/shadow", "fd.type": "file"},
        rule="Read sensitive file",
        message="Sensitive file read (file=/etc/shadow)",
        tags=("T1003.008", "filesystem", "mitre_credential_access"),
    ),
    "connection": made_alert(
        {
            **PROCESS,
            **CONTAINER,
            "evt.type": "connect",
            "evt.res": "EINPROGRESS",
            "fd.name": "10.0.0.7:40000->192.0.2.1:443",
            "fd.l4proto": "tcp",
            "fd.is_server": False,
        },
        rule="Unexpected connection",
        priority=Priority.CRITICAL,
        tags=("T1071", "T1041", "mitre_command_and_control", "mitre_exfiltration"),
    ),
    "no_number": made_alert(
        {"proc.name": "sh", "proc.pname": "nginx", "user.name": "www", "container.id": "host", "proc.aname[2]": None},
        priority=Priority.NOTICE,
    ),
    "nothing": made_alert({}, source="internal", priority=Priority.DEBUG),
}

TEXTS: Final = st.binary(max_size=30).map(os.fsdecode) | st.text(
    st.characters(categories=None, codec=None), max_size=30
)
_VALUES: Final = st.one_of(
    TEXTS,
    TEXTS.map(lambda text: f"/{text}"),
    st.sampled_from(["1.2.3.4", "::1", "1.2.3.4:1->5.6.7.8:99999", "1.2.3.4:1->[::1]:2", "host", "file"]),
    st.integers(-(2**63), 2**64 - 1),
    st.integers(0, 100),
    st.floats(),
    st.booleans(),
    st.none(),
    st.lists(TEXTS, max_size=3),
)
_NAMES: Final = st.sampled_from([*(place.field for place in PLACES), "fd.type", "evt.res", "fd.is_server", "proc.env"])


@st.composite
def any_alert(draw: st.DrawFn) -> Alert:
    """Return an alert with hostile texts, and with values of any type in its fields."""
    return made_alert(
        draw(st.dictionaries(_NAMES | TEXTS, _VALUES, max_size=25)),
        rule=draw(TEXTS),
        message=draw(TEXTS),
        priority=draw(st.sampled_from(Priority)),
        tags=tuple(draw(st.lists(TEXTS | st.sampled_from(["T1059.004", "TA0002", "mitre_impact"]), max_size=4))),
        hostname=draw(TEXTS),
        time_ns=draw(st.integers(0, 2**62)),
    )


def parsed(alert: Alert, name: AlertFormat) -> dict[str, Any]:
    """Return the content of a line, which must be one line of UTF-8 without hidden characters."""
    line = alert.render(name)
    assert line.encode("utf-8")
    assert line.isprintable() or not any(char < " " or "\x7f" <= char < "\xa0" for char in line)
    assert "\u2028" not in line
    found: dict[str, Any] = json.loads(line)
    return found


def pretty(alert: Alert, name: AlertFormat, version: str) -> str:
    """Return the content of a line for a golden file; the version of tiercel changes too often for that."""
    return json.dumps(parsed(alert, name), indent=1, ensure_ascii=False).replace(f'"{version}"', '"(version)"') + "\n"
