# SPDX-License-Identifier: Apache-2.0
"""The package of the guide to outputs, installed and used as its readers do."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from support import scapfile
from support.alert_views import View
from support.cli import SHADOW_RULE, one_clear_message, tiercel
from support.live import REPOSITORY
from support.waiting import eventually

from tiercel.errors import OutputError
from tiercel.outputs import make_output
from tiercel.outputs.dispatch import Delivery

GUIDE = (REPOSITORY / "docs/howto/output.md").read_text()
NUMBER = 1000


def block(language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    return str(found)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Environment in which the package of the guide is installed."""
    folder = tmp_path_factory.mktemp("package")
    (folder / "pyproject.toml").write_text(block("toml"))
    (folder / "tiercel_sqlite.py").write_text(block("python"))
    target = folder / "installed"
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*pip, "--target", str(target), str(folder)], check=True)
    return {**os.environ, "PYTHONPATH": str(target)}


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    """Command line of a replay with NUMBER alerts and the configuration of the guide."""
    (tmp_path / "rules.yaml").write_text(SHADOW_RULE)
    (tmp_path / "tiercel.yaml").write_text(block("yaml"))
    calls = [
        scapfile.call("openat", 3, -100, "/etc/shadow", 1, 0, 0, 7, ts=scapfile.START + at) for at in range(NUMBER)
    ]
    (tmp_path / "a.scap").write_bytes(scapfile.capture(*calls))
    return ["replay", "a.scap", "-r", "rules.yaml", "-c", "tiercel.yaml"]


def rows(path: Path) -> list[tuple[object, ...]]:
    database = sqlite3.connect(path)
    try:
        return database.execute("SELECT time_ns, rule, priority, command, text FROM alerts").fetchall()
    finally:
        database.close()


@pytest.mark.parametrize("alone", [True, False], ids=["alone", "beside standard output"])
def test_alerts_arrive_in_order(alone: bool, words: list[str], installed: dict[str, str], tmp_path: Path) -> None:
    options = ["-o", f"stdout_output.enabled={'false' if alone else 'true'}"]
    done = tiercel(*words, *options, env=installed, cwd=tmp_path)
    assert done.status == 0, done.err
    assert len(done.out.splitlines()) == (0 if alone else NUMBER)
    found = rows(tmp_path / "alerts.db")
    assert [row[0] for row in found] == [scapfile.START + at for at in range(NUMBER)]
    assert {row[1:4] for row in found} == {("Shadow opened", "Warning", "bash")}
    assert str(found[0][4]).endswith("Warning bash opened /etc/shadow")


def test_a_wrong_option(words: list[str], installed: dict[str, str], tmp_path: Path) -> None:
    one_clear_message(tiercel(*words, "-o", "outputs[0].timeout=soon", env=installed, cwd=tmp_path), 2)


def test_without_the_package(words: list[str], tmp_path: Path) -> None:
    one_clear_message(tiercel(*words, cwd=tmp_path), 2)


def test_a_database_that_is_locked(installed: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The failure is temporary: every alert arrives after the lock has ended."""
    monkeypatch.syspath_prepend(installed["PYTHONPATH"])
    output = make_output("sqlite", {"path": str(tmp_path / "alerts.db"), "timeout": "0.01"}, format="falco")
    other = sqlite3.connect(tmp_path / "alerts.db")
    errors: list[OutputError] = []
    delivery = Delivery([output], errors.append)
    try:
        other.execute("BEGIN EXCLUSIVE")
        delivery.send([View(number) for number in range(NUMBER)])
        eventually(lambda: bool(errors))
    finally:
        other.close()
    eventually(lambda: delivery.delivered == NUMBER)
    delivery.close()
    assert "database is locked" in str(errors[0])
    assert [row[4] for row in rows(tmp_path / "alerts.db")] == [View(number).to_text() for number in range(NUMBER)]
