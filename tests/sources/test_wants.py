# SPDX-License-Identifier: Apache-2.0
"""What a rule names decides what the probe reads: an environment only when some rule looks at it."""

from __future__ import annotations

import os
import subprocess

import pytest

import tiercel
from tiercel.sources.requirements import Wants

EXECVE = 293
SETTLE = 20.0


@pytest.mark.parametrize(
    "field",
    [
        ("proc.env", "HOME"),
        ("proc.aenv", 1),
        ("evt.arg", "env"),
        ("evt.arg", 15),
        ("evt.rawarg", "env"),
        ("evt.args", None),
        ("evt.info", None),
    ],
)
def test_fields_that_show_an_environment(field: tuple[str, int | str | None]) -> None:
    assert Wants.of(frozenset({EXECVE}), {("proc.name", None), field}).env


def test_other_fields_do_not() -> None:
    wants = Wants.of(frozenset({EXECVE}), {("proc.name", None), ("evt.arg", "exe"), ("evt.arg", 2), ("proc.cwd", None)})
    assert not wants.env
    assert wants.cwd


@pytest.mark.usefixtures("live_kernel")
@pytest.mark.parametrize("field", ["proc.env", "evt.arg.env", "evt.arg[15]", "evt.rawarg.env", "evt.args", "evt.info"])
def test_a_rule_on_the_environment_matches(field: str) -> None:
    rules = tiercel.Ruleset.loads(f"""
- rule: Marked environment
  desc: d
  condition: evt.type = execve and {field} contains "TIERCEL_MARK=seen"
  output: "%proc.name"
  priority: NOTICE
""")
    with tiercel.Sensor(rules, scope=tiercel.Scope.tree(os.getpid())) as sensor:
        subprocess.run(["/bin/true"], check=True)
        subprocess.run(["/bin/true"], check=True, env={**os.environ, "TIERCEL_MARK": "seen"})
        assert sensor.flush(SETTLE)
    assert [alert.message for alert in sensor.read()] == ["true"]
