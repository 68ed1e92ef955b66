# SPDX-License-Identifier: Apache-2.0
"""The names in rules decide which data the probe reads: an environment only when some rule looks at it."""

from __future__ import annotations

import os
import subprocess

import pytest

import tiercel
from tiercel.engine.program_build import lowered
from tiercel.sources.requirements import ProbeRequirements

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
    assert ProbeRequirements.of(frozenset({EXECVE}), {("proc.name", None), field}).env


def test_other_fields_do_not() -> None:
    required = ProbeRequirements.of(
        frozenset({EXECVE}), {("proc.name", None), ("evt.arg", "exe"), ("evt.arg", 2), ("proc.cwd", None)}
    )
    assert not required.env
    assert required.cwd


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


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("condition: evt.type = setns\n  output: '%evt.args %evt.arg[15]'", False),
        ("condition: evt.type = setns and evt.args contains x\n  output: x", False),
        ("condition: evt.type = setns\n  output: '%proc.env'", True),
        ("condition: evt.type in (setns, execveat)\n  output: '%evt.info'", True),
        ("condition: evt.dir = < and proc.name = x and evt.arg.env contains x\n  output: x", True),
        ("condition: spawned or (evt.type = setns and evt.args contains x)\n  output: x", False),
        ("condition: spawned and evt.args contains x\n  output: x", True),
    ],
)
def test_params_show_an_environment_at_the_start_of_a_program_only(text: str, reads: bool) -> None:
    rules = tiercel.Ruleset.loads(f"""
- macro: spawned
  condition: (evt.type in (execve, execveat))
- rule: Starts
  desc: d
  condition: spawned and proc.name = nothing
  output: "%proc.cmdline"
  priority: NOTICE
- rule: R
  desc: d
  {text}
  priority: NOTICE
""")
    assert lowered(rules.compile("both"))[1].env is reads


def test_few_packaged_rules_read_environments() -> None:
    """Without these three rules the probe reads no environment."""
    rules = tiercel.Ruleset.packaged()
    assert lowered(rules.compile("both"))[1].env
    for name in (
        "Library injected into a program",
        "Program run by the dynamic linker",
        "Shell started without history",
    ):
        rules = rules.disable(rule=name)
    assert not lowered(rules.compile("both"))[1].env
