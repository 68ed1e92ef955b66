# SPDX-License-Identifier: Apache-2.0
"""Memory limit of the sensor, at any rate of alerts and however slowly they are taken."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest
from support.cli import command
from support.live import gate
from support.memory import memory_group, memory_problem

pytestmark = pytest.mark.kernel

MIB = 1 << 20
RULE = """
- rule: Marked file opened
  desc: d
  condition: evt.type in (open, openat, openat2) and fd.name endswith .marked
  output: "%fd.name %proc.cmdline %proc.pname %user.name %container.id %proc.aname[2] %evt.args"
  priority: NOTICE
"""
# Opens a file again and again, which needs no program of its own.
OPENS = "i=0; while [ $i -lt $2 ]; do : <$1; i=$((i+1)); done; : >$3"
COUNT = 200_000  # some 150 MiB of alerts


def limit() -> int:
    """80 MiB, and what more ring buffers take where there are more processors than two."""
    rings = min(max(os.cpu_count() or 1, 2), 8)
    return 80 * MIB + 4 * MIB * (rings - 2)


def test_a_flood_of_alerts_that_nobody_takes_stays_within_80_mib(tmp_path: Path) -> None:
    gate(memory_problem(), "TIERCEL_KERNEL_TESTS")
    marked, rules, done = tmp_path / "a.marked", tmp_path / "r.yaml", tmp_path / "done"
    marked.touch()
    rules.write_text(RULE)
    run = command("run", "-r", rules, "--json", "--", "sh", "-c", OPENS, "sh", marked, str(COUNT), done)
    with memory_group(limit()) as group:
        enter = ["sh", "-c", 'echo 0 >"$0"/cgroup.procs; exec "$@"', str(group), *run]
        with subprocess.Popen(enter, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
            # The pipe is full soon: nothing is taken from the queue until the command has ended.
            while not done.exists() and running.poll() is None:
                time.sleep(0.05)
            out, err = running.communicate(timeout=300)
    assert running.returncode == 0, err
    assert out.count("Marked file opened") > 1000
    assert "alerts (queue full)" in err
