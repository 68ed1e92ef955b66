# SPDX-License-Identifier: Apache-2.0
"""Runs without the probe: engine.kind nodriver."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

RUN = [sys.executable, "-m", "tiercel", "run", "-c", "/dev/null", "-o", "engine.kind=nodriver"]


def started(*options: str) -> subprocess.Popen[str]:
    process = subprocess.Popen([*RUN, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert process.stderr.readline() == "tiercel: waiting (engine.kind is nodriver: no system call is watched)\n"
    return process


@pytest.mark.parametrize(("signum", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_it_waits_for_a_signal(signum: int, status: int) -> None:
    with started() as process:
        process.send_signal(signum)
        out, _ = process.communicate(timeout=60)
    assert (process.returncode, out) == (status, "")


def test_it_ends_after_the_duration_and_opens_files_again(tmp_path: Path) -> None:
    path = tmp_path / "alerts"
    with started("--duration", "1", "-o", f"file_output={{enabled: true, filename: {path}}}") as process:
        process.send_signal(signal.SIGUSR1)
        process.communicate(timeout=60)
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("options", "status", "text"),
    [
        (["--", "true"], 2, "nothing is watched"),
        (["--pid", "1"], 2, "nothing is watched"),
        (["-o", "stdout_output.enabled=false"], 2, "no output is enabled"),
        (["-r", "/nowhere/rules.yaml"], 2, "/nowhere/rules.yaml"),
    ],
)
def test_mistakes_are_found_as_always(options: list[str], status: int, text: str) -> None:
    done = subprocess.run([*RUN, *options], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (status, "")
    assert text in done.stderr
