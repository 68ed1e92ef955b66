# SPDX-License-Identifier: Apache-2.0
"""Starts that would wait for ever, exhaust memory, or watch for nothing: each ends at once with one clear message."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.cli import SHADOW_RULE, one_clear_message, tiercel

NOWHERE = ("-o", "stdout_output.enabled=false")


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "rules.yaml"
    path.write_text(SHADOW_RULE)
    return path


@pytest.mark.parametrize("words", [("run", "-c"), ("replay", "x.scap", "-c")], ids=" ".join)
@pytest.mark.parametrize("kind", ["pipe", "/dev/zero"])
def test_configuration_from_what_never_ends(tmp_path: Path, words: tuple[str, ...], kind: str) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    one_clear_message(tiercel(*words, path if kind == "pipe" else kind), 2)


@pytest.mark.parametrize("words", [("run", "-r"), ("rules",), ("check",), ("test",)], ids=" ".join)
@pytest.mark.parametrize("kind", ["pipe", "/dev/zero"])
def test_rules_from_what_never_ends(tmp_path: Path, words: tuple[str, ...], kind: str) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    done = tiercel(*words, path if kind == "pipe" else kind)
    assert done.status == (1 if words == ("check",) else 2)
    assert "E102" in done.out + done.err


@pytest.mark.parametrize("words", [("run", "-r"), ("rules",), ("check",)], ids=" ".join)
def test_nothing_to_watch_for(tmp_path: Path, words: tuple[str, ...]) -> None:
    for path in (tmp_path / "folder", tmp_path / "empty.yaml"):
        path.mkdir() if path.suffix == "" else path.write_text("")
        done = tiercel(*words, path)
        assert done.status == (1 if words == ("check",) else 2)
        assert f"there is no rule in {path}"[:60] in done.out + done.err


def test_outputs_that_go_nowhere(tmp_path: Path, rules: Path) -> None:
    done = tiercel("run", "-r", rules, *NOWHERE, "--", "true")
    one_clear_message(done, 2)
    assert "no output is enabled" in done.err
    alerts = tmp_path / "alerts"
    capture = tmp_path / "none.scap"
    assert "no output" not in tiercel("replay", capture, "-r", rules, *NOWHERE, "--alerts", alerts).err


def test_an_engine_that_watches_something_else(rules: Path) -> None:
    done = tiercel("run", "-r", rules, "-o", "engine.kind=nodriver", "--", "true")
    one_clear_message(done, 2)
    assert "nodriver" in done.err


def test_the_older_name_of_rules_files(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text("rule\n")
    done = tiercel("replay", "none.scap", "-o", f"rules_file={path}")
    assert done.status == 2
    assert str(path) in done.err
