# SPDX-License-Identifier: Apache-2.0
"""Description of plans in words."""

from __future__ import annotations

import pytest
from support.compiling import indexed, rule

from tiercel.compiler.planner.describe import describe_plan

GUARDED = "evt.is_open_write = true and not container.id = host"


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        ("proc.name = a", "proc.name = a"),
        ("proc.name in (a, 'b c')", 'proc.name in (a, "b c")'),
        ("proc.name in (a, b, c, d, e)", "proc.name in (a, b, c, … 2 more)"),
        ("fd.name startswith /etc/", "fd.name startswith /etc/"),
        ("fd.name pmatch (/etc/, /usr/*/x)", "fd.name startswith (/etc, /usr/)"),
        ("fd.name endswith .conf or fd.name glob *.d*", "fd.name endswith .conf; or fd.name contains .d"),
        ("proc.cmdline icontains AbC", "proc.cmdline icontains abc"),
        ("fd.snet in (10.0.0.0/24)", "fd.snet in 10.0.0.0/24"),
        ("fd.num = 7", "fd.num = 7"),
        ("proc.pid > 7", "every event"),
    ],
)
def test_alone(condition: str, text: str) -> None:
    (how,) = describe_plan(indexed(rule(f"evt.type = open and ({condition})")), 0)
    assert (how.events, how.text) == (("open",), text)


def test_with_others() -> None:
    rules = [rule(f"evt.type in (open, openat) and {GUARDED} and proc.name = {name}", name=name) for name in "ab"]
    rules += [rule(f"evt.type = open and {GUARDED} and proc.pid > 7", name="c")]
    program = indexed(*rules, rule("evt.type = kill", name="d"))
    guards = ("evt.is_open_write = true", "not container.id = host")
    (how,) = describe_plan(program, 1)
    assert how.to_dict() == {"events": ["open", "openat"], "guards": [*guards], "keys": ["proc.name = b"]}
    assert how.text == "proc.name = b; where evt.is_open_write = true and not container.id = host"
    (how,) = describe_plan(program, 2)
    assert how.text == "all where evt.is_open_write = true and not container.id = host"
    (how,) = describe_plan(program, 3)
    assert (how.events, how.text) == (("kill",), "every event")
