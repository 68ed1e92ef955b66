# SPDX-License-Identifier: Apache-2.0
"""Rules from standard input, and options without a command."""

from __future__ import annotations

import subprocess

import pytest
from support.cli import SHADOW_RULE, Done, command, tiercel

RULE = """
- rule: r
  desc: d
  condition: evt.type = openat and proc.nam = cat
  output: o
  priority: INFO
"""


def fed(text: str, *args: str) -> Done:
    """Run ``tiercel ARGS`` with ``text`` as standard input."""
    done = subprocess.run(command(*args), input=text, capture_output=True, text=True, check=False, timeout=120)
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("name", ["check", "rules", "explain"])
def test_rules_come_from_standard_input(name: str) -> None:
    done = fed(SHADOW_RULE, name, "-")
    assert (done.status, done.err) == (0, "")


def test_findings_name_standard_input() -> None:
    done = fed(RULE, "check", "-")
    assert done.status == 1
    assert "<stdin>:4:" in done.out


def test_standard_input_is_read_once() -> None:
    for words in (["check", "-", "-"], ["replay", "-", "-r", "-"], ["explain", "--event", "-", "-"]):
        done = fed(SHADOW_RULE, *words)
        assert done.status == 2, words
        assert "the rules are standard input" in done.err


@pytest.mark.kernel
def test_run_takes_rules_from_standard_input() -> None:
    done = fed(SHADOW_RULE, "run", "-r", "-", "--", "cat", "/etc/shadow")
    assert done.status == 0
    assert "opened /etc/shadow" in done.out


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["-r", "rules.yaml"], "`tiercel run -r rules.yaml`"),
        (["-rrules.yaml"], "`tiercel run -rrules.yaml`"),
        (["-V", "rules.yaml"], "`tiercel check PATH`"),
        (["-M", "45"], "`tiercel run --duration S`"),
        (["--list=syscall"], "`tiercel fields`"),
        (["--frobnicate"], "`tiercel --help`"),
    ],
)
def test_options_without_a_command_get_a_hint(words: list[str], hint: str) -> None:
    done = tiercel(*words)
    assert done.status == 2
    assert hint in done.err
