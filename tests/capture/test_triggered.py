# SPDX-License-Identifier: Apache-2.0
"""Rules that start captures."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections import deque
from pathlib import Path
from typing import Any

import pytest

import tiercel
from tiercel import CaptureSettings, Ruleset, Scope, Sensor
from tiercel.capture.folder import default_folder
from tiercel.capture.triggered import Capturing
from tiercel.config.config import Config
from tiercel.errors import ConfigError, SourceError, UsageError

RULES = """
- rule: Trigger
  desc: d
  condition: evt.type = openat and fd.name endswith trigger.file
  output: "%fd.name"
  priority: INFO
  capture: {capture}
  capture_duration: 300
- rule: Other
  desc: d
  condition: evt.type = openat and fd.name endswith other.file
  output: "%fd.name"
  priority: INFO
"""


def run(tmp_path: Path, script: str, settings: CaptureSettings, *, capture: bool = True) -> list[Path]:
    """Run a script below a sensor; the captures that were made."""
    rules = Ruleset.loads(RULES.format(capture=str(capture).lower()))
    for name in ("before", "trigger", "after", "other", "late"):
        (tmp_path / f"{name}.file").touch()
    with Sensor(rules, scope=Scope.tree(os.getpid()), captures=settings) as sensor:
        subprocess.run(["sh", "-c", script], cwd=tmp_path, check=True)
        sensor.flush()
    return sorted(tmp_path.glob("cap_*"))


def opened(path: Path) -> set[str]:
    with tiercel.open_capture(path) as capture:
        names = {event.params["name"] for event in capture if event.type == "openat"}
    return {name.removesuffix(".file") for name in names if name.endswith(".file")}


@pytest.mark.kernel
def test_a_match_captures_what_was_before_and_what_follows(tmp_path: Path) -> None:
    settings = CaptureSettings(path_prefix=str(tmp_path / "cap"), before=1.0)
    script = ": <before.file; sleep 0.2; : <trigger.file; : <after.file; sleep 1; : <late.file; sleep 0.2"
    (path,) = run(tmp_path, script, settings)
    assert opened(path) == {"before", "trigger", "after"}
    stem, time_ns, number = path.name.removesuffix(".scap").split("_")
    assert stem == "cap"
    assert len(time_ns) == len(number) == 20
    assert abs(int(time_ns) - time.time_ns()) < 60e9
    assert path.read_bytes()[:2] == b"\x1f\x8b"
    rules = Ruleset.loads(RULES.format(capture="true"))
    (alert,) = list(tiercel.replay(path, rules))
    assert alert.rule == "Trigger"
    assert alert.time_ns == int(time_ns)


@pytest.mark.kernel
def test_without_history_a_capture_begins_with_the_match(tmp_path: Path) -> None:
    settings = CaptureSettings(path_prefix=str(tmp_path / "cap"), before=0)
    (path,) = run(tmp_path, ": <before.file; sleep 0.1; : <trigger.file; : <after.file", settings)
    assert opened(path) == {"trigger", "after"}


@pytest.mark.kernel
def test_later_matches_prolong_a_capture(tmp_path: Path) -> None:
    settings = CaptureSettings(path_prefix=str(tmp_path / "cap"), before=0, duration=30)
    (path,) = run(tmp_path, ": <trigger.file; : <other.file; sleep 0.6; : <late.file", settings)
    assert opened(path) == {"trigger", "other", "late"}


@pytest.mark.kernel
def test_only_rules_that_say_so_start_captures_unless_all_do(tmp_path: Path) -> None:
    prefix = str(tmp_path / "cap")
    assert run(tmp_path, ": <trigger.file", CaptureSettings(path_prefix=prefix), capture=False) == []
    (path,) = run(tmp_path, ": <other.file", CaptureSettings(path_prefix=prefix, mode="all_rules"), capture=False)
    assert "other" in opened(path)


@pytest.mark.kernel
def test_two_matches_apart_make_two_captures(tmp_path: Path) -> None:
    settings = CaptureSettings(path_prefix=str(tmp_path / "cap"), before=0)
    assert len(run(tmp_path, ": <trigger.file; sleep 1.5; : <trigger.file; sleep 0.1", settings)) == 2


@pytest.mark.kernel
def test_a_capture_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    rules = Ruleset.loads(RULES.format(capture="true"))
    settings = CaptureSettings(path_prefix=str(tmp_path / "none" / "cap"))
    (tmp_path / "trigger.file").touch()
    with Sensor(rules, scope=Scope.tree(os.getpid()), captures=settings) as sensor:
        subprocess.run(["sh", "-c", ": <trigger.file"], cwd=tmp_path, check=True)
        notice = next(iter(sensor.notices))
    assert notice.kind == "capture failed"
    assert [alert.rule for alert in sensor.read()] == ["Trigger"]


@pytest.mark.kernel
def test_captures_go_to_a_private_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", f"{tmp_path / 'state'}:/other")
    run(tmp_path, ": <trigger.file; : <after.file", CaptureSettings(before=0))
    folder = tmp_path / "state/captures"
    assert folder.stat().st_mode & 0o777 == 0o700
    (path,) = folder.iterdir()
    assert re.fullmatch(r"capture_\d{20}_\d{20}\.scap", path.name)
    assert path.stat().st_mode & 0o777 == 0o600
    assert opened(path) == {"trigger", "after"}


@pytest.mark.kernel
def test_a_folder_that_others_can_enter_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", os.fspath(tmp_path))
    (tmp_path / "captures").mkdir(mode=0o755)
    with pytest.raises(SourceError, match="is not private") as caught:
        run(tmp_path, "exit 1", CaptureSettings())
    assert caught.value.code == "E710"
    assert "path_prefix" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("uid", "environment", "folder"),
    [
        (0, {}, "/var/lib/tiercel/captures"),
        (1000, {"XDG_STATE_HOME": "/state"}, "/state/tiercel/captures"),
        (1000, {"XDG_STATE_HOME": "relative", "HOME": "/home/u"}, "/home/u/.local/state/tiercel/captures"),
        (1000, {"STATE_DIRECTORY": "/var/lib/tiercel"}, "/var/lib/tiercel/captures"),
    ],
)
def test_default_folders(monkeypatch: pytest.MonkeyPatch, uid: int, environment: dict[str, str], folder: str) -> None:
    for name in ("STATE_DIRECTORY", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(os, "geteuid", lambda: uid)
    assert default_folder() == Path(folder)


def test_a_capture_replaces_no_file(tmp_path: Path) -> None:
    """Names can be foreseen: a link in the way must not be followed."""
    notices: list[Any] = []
    capturing = Capturing.__new__(Capturing)
    capturing._prefix, capturing._on_notice = os.fspath(tmp_path / "cap"), notices.append
    capturing._recorder = capturing._source = CaptureRing()  # type: ignore[assignment]
    capturing._tables, capturing._lost = deque(), 0
    (tmp_path / f"cap_{1:020}_{2:020}.scap").symlink_to("victim")
    capturing._capture(1, 2, 3)
    assert [(kind, text.rpartition(": ")[2]) for kind, _, text, _ in notices] == [("capture failed", "File exists")]
    assert not (tmp_path / "victim").exists()


class CaptureRing:
    """A recorder that nothing is taken from."""

    def finish(self, *, force: bool) -> None: ...

    def stats(self) -> dict[str, int]:
        return {"lost": 0, "unfit": 0}


def test_configuration() -> None:
    assert Config.load(options=[]).captures is None
    assert Config.load(options=["capture.enabled=true"]).captures == CaptureSettings()
    options = ["capture.enabled=true", "capture.path_prefix=/x/y", "capture.mode=all_rules"]
    options += ["capture.default_duration=1500", "capture.max_file_size_mb=3", "capture.before_duration=250"]
    assert Config.load(options=options).captures == CaptureSettings(
        path_prefix="/x/y", mode="all_rules", duration=1.5, before=0.25, max_bytes=3 << 20
    )
    with pytest.raises(ConfigError):
        Config.load(options=["capture.mode=some"])
    with pytest.raises(ConfigError):
        Config.load(options=["capture.colour=red"])
    with pytest.raises(UsageError):
        CaptureSettings(before=-1)
