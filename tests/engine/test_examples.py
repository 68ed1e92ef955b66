# SPDX-License-Identifier: Apache-2.0
"""The programs of ``examples/`` do what they say."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.live import REPOSITORY

pytestmark = pytest.mark.kernel

RULE = """
- rule: Marked file opened
  desc: d
  condition: evt.type in (open, openat, openat2) and fd.name = "PATH"
  output: "%fd.name"
  priority: WARNING
"""


@pytest.fixture
def marked(tmp_path: Path) -> Path:
    path = tmp_path / "marked"
    path.touch()
    return path


@pytest.fixture
def rules(tmp_path: Path, marked: Path) -> Path:
    path = tmp_path / "r.yaml"
    path.write_text(RULE.replace("PATH", str(marked)))
    return path


def test_agent(rules: Path, marked: Path) -> None:
    command = [sys.executable, REPOSITORY / "examples/agent.py", rules]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as agent:
        assert agent.stderr is not None
        assert agent.stderr.readline() == "watching\n"
        subprocess.run(["cat", marked], check=True)
        agent.send_signal(signal.SIGTERM)
        out, err = agent.communicate(timeout=60)
    assert agent.returncode == 0, err
    (alert,) = [json.loads(line) for line in out.splitlines()]
    assert alert["output_fields"]["fd.name"] == str(marked)


@pytest.mark.parametrize(
    ("script", "status"), [("cat $1; exec sleep 60", 99), ("exit 3", 3)], ids=["it is killed", "it is left alone"]
)
def test_guard(rules: Path, marked: Path, script: str, status: int) -> None:
    command = [sys.executable, REPOSITORY / "examples/guard.py", rules, "sh", "-c", script, "sh", marked]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == status, done.stderr
    assert ("killed: " in done.stderr) == (status == 99)


def test_a_notice_of_the_sensor_kills_no_command(rules: Path) -> None:
    """The sensor warns that it requests no pods from an API server; the rule itself does not match."""
    rules.write_text(RULE.replace("PATH", "/nowhere").replace('"%fd.name"', '"%k8smeta.pod.name"'))
    command = [sys.executable, REPOSITORY / "examples/guard.py", rules, "sh", "-c", "exit 3"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert "Warning: no API server is queried" in done.stderr
    assert "killed" not in done.stderr
    assert done.returncode == 3, done.stderr


@pytest.mark.parametrize("name", ["agent.py", "guard.py"])
def test_errors_are_one_message(name: str, tmp_path: Path) -> None:
    command = [sys.executable, REPOSITORY / "examples" / name, tmp_path / "none.yaml", "true"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "No such file" in done.stderr
