# SPDX-License-Identifier: Apache-2.0
"""The pytest plugin, in runs of pytest of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

RULES = "- rule: r\n  desc: d\n  condition: evt.type = open and proc.name = x\n  output: o\n  priority: INFO\n"
CASES = """
rules: rules.yaml
cases:
  - {name: it matches, event: {evt.type: open, proc.name: x}, expect: r}
  - {name: it does not, event: {evt.type: open, proc.name: y}, expect: none}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rules.yaml").write_text(RULES)
    (tmp_path / "r.tiercel-test.yaml").write_text(CASES)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    return tmp_path


def run(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    # The plugin by its module: whether tiercel is installed does not matter.
    plugin = ("-p", "no:tiercel", "-p", "tiercel.testing.plugin", "-p", "no:cacheprovider")
    command = [sys.executable, "-m", "pytest", "-v", "-W", "error", *plugin, *args]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def test_files_with_the_usual_name_are_collected(folder: Path) -> None:
    done = run(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "r.tiercel-test.yaml::it matches PASSED" in done.stdout
    assert "2 passed" in done.stdout


def test_other_names_by_a_setting(folder: Path) -> None:
    (folder / "cases").mkdir()
    (folder / "cases/r.yml").write_text(CASES.replace("rules.yaml", "../rules.yaml"))
    done = run(folder, "-o", "tiercel_tests=cases/*.yml *.tiercel-test.yaml")
    assert done.returncode == 0, done.stdout
    assert "4 passed" in done.stdout


def test_a_failure_says_which_check_failed(folder: Path) -> None:
    (folder / "r.tiercel-test.yaml").write_text(CASES.replace("name: x}", "name: z}"))
    done = run(folder)
    assert done.returncode == 1
    assert 'first failing check: `proc.name = x` is false: proc.name is "z"' in done.stdout
    assert "rules.yaml:3:34" in done.stdout
    assert "1 failed, 1 passed" in done.stdout
    assert "Traceback" not in done.stdout


def test_mistakes_are_errors_of_collection(folder: Path) -> None:
    (folder / "r.tiercel-test.yaml").write_text(CASES.replace("evt.type", "evt.tpye"))
    done = run(folder)
    assert done.returncode == 2
    assert "error[E201]" in done.stdout
    assert "r.tiercel-test.yaml:4:32" in done.stdout
    assert "Traceback" not in done.stdout


def test_without_such_files_nothing_is_imported(folder: Path) -> None:
    (folder / "r.tiercel-test.yaml").unlink()
    (folder / "test_it.py").write_text(
        "import sys\n\ndef test():\n    assert not any(name.startswith('tiercel.compiler') for name in sys.modules)\n"
    )
    done = run(folder)
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout
