# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import pytest
from support.responding import alert_of

from tiercel import Priority, Response, UsageError
from tiercel.response.process import Process

ALERT = alert_of(Process(None), "Miner started", Priority.ERROR, ("network", "mitre"))


@pytest.mark.parametrize(
    ("selection", "selected"),
    [
        ({"rules": ("Miner started",)}, True),
        ({"rules": ("Other", "Miner*")}, True),
        ({"rules": ("Miner",)}, False),
        ({"rules": ("miner*",)}, False),
        ({"tags": ("other", "network")}, True),
        ({"tags": ("net",)}, False),
        ({"priority": Priority.WARNING}, True),
        ({"priority": Priority.ERROR}, True),
        ({"priority": Priority.CRITICAL}, False),
        ({"rules": ("*",), "tags": ("other",)}, False),
        ({"rules": ("*",), "tags": ("mitre",), "priority": Priority.DEBUG}, True),
    ],
)
def test_selection(selection: dict[str, Any], selected: bool) -> None:
    assert Response("kill", **selection).selects(ALERT) is selected


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"action": "explode", "rules": ("x",)}, "action is one of"),
        ({"action": "kill"}, "selects no alerts"),
        ({"action": "kill", "rules": "abc"}, "rules of a response is a sequence"),
        ({"action": "run", "rules": ("x",)}, "action run has a program"),
        ({"action": "kill", "rules": ("x",), "program": ("true",)}, "action kill has no program"),
        ({"action": "call", "rules": ("x",)}, "action call has a function"),
        ({"action": "run", "rules": ("x",), "program": ("a\0b",)}, "NUL"),
        ({"action": "run", "rules": ("x",), "program": ("",)}, "empty name"),
        ({"action": "kill", "rules": ("x",), "rate": -1}, "rate is at least 0"),
        ({"action": "kill", "rules": ("x",), "burst": 0}, "burst at least 1"),
        ({"action": "run", "rules": ("x",), "program": ("a",), "timeout": 0}, "above 0"),
    ],
)
def test_wrong_settings(wrong: dict[str, Any], text: str) -> None:
    with pytest.raises(UsageError, match=text) as raised:
        Response(**wrong)
    assert raised.value.code == "E607"
