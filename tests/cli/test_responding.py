# SPDX-License-Identifier: Apache-2.0
"""``tiercel run`` with responses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support.cli import SHADOW_RULE, one_clear_message, tiercel

pytestmark = pytest.mark.kernel


@pytest.fixture(name="rules")
def _rules(tmp_path: Path) -> Path:
    path = tmp_path / "r.yaml"
    path.write_text(SHADOW_RULE)
    return path


def test_the_process_of_an_alert_is_killed(rules: Path) -> None:
    script = "(exec 3</etc/shadow; exec sleep 1000); echo after"
    done = tiercel(
        "run", "--json", "-r", rules, "-o", "responses[]={action: kill, rules: [Shadow*]}", "--", "sh", "-c", script
    )
    assert done.status == 0
    lines = done.out.splitlines()
    assert len(lines) == 2
    assert "after" in lines
    assert "response 'kill' to rule 'Shadow opened': kill (pid " in done.err
    assert "): killed after " in done.err
    assert re.search(r"tiercel: 1 response: killed 1; longest latency [0-9.]+ ms\n$", done.err)


def test_a_dry_run_kills_nothing(rules: Path) -> None:
    options = ("-o", "responses[]={action: kill, rules: ['*']}", "-o", "responses_dry_run=true")
    done = tiercel("run", "-r", rules, *options, "--", "sh", "-c", "exec 3</etc/shadow; sleep 1; echo survived")
    assert "survived" in done.out
    assert done.err.endswith("tiercel: 1 response: dry_run 1\n")


def test_a_program_gets_the_alert_with_all_signals_unblocked(rules: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    entry = f"{{action: run, rules: ['*'], program: [sh, -c, 'cat >{out}; grep SigBlk /proc/self/status >>{out}']}}"
    done = tiercel("run", "-r", rules, "-o", f"responses[]={entry}", "--", "sh", "-c", "exec 3</etc/shadow; sleep 1")
    assert done.status == 0
    alert, mask = out.read_text().splitlines()
    assert '"rule":"Shadow opened"' in alert
    assert mask.split() == ["SigBlk:", "0000000000000000"]
    assert "tiercel: 1 response: ran 1; longest latency " in done.err


def test_a_function_that_does_not_exist_ends_the_start(rules: Path) -> None:
    entry = "responses[]={action: call, rules: ['*'], function: 'no_such:f'}"
    done = tiercel("run", "-r", rules, "-o", entry, "--", "true")
    one_clear_message(done, 2)
    assert "E608" in done.err
