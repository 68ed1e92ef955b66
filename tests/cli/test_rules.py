# SPDX-License-Identifier: Apache-2.0
"""`tiercel rules`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from support.cli import tiercel

from tiercel.cli import main
from tiercel.engine.ruleset import packaged_sets
from tiercel.rules import load_files
from tiercel.rules.schema import rule_file_schema

BASE = """
- list: shells
  items: [sh]
- list: shells
  items: [bash]
  override: {items: append}
- macro: started
  condition: (evt.type = execve)
- rule: Shell started
  desc: A shell | of any kind.
  condition: started and proc.name in (shells)
  output: "%proc.name"
  priority: NOTICE
  tags: [shell, process]
- rule: User changed
  desc: d
  condition: evt.type = setuid
  output: o
  priority: INFO
"""
LOCAL = """
- rule: User changed
  enabled: false
  priority: ERROR
  override: {enabled: replace, priority: replace}
- macro: started
  condition: (evt.type in (execve, execveat))
- rule: Shell started
  condition: and user.uid = 0
  tags: [root]
  override: {condition: append, tags: append}
"""
GOLDEN = Path(__file__).parents[1] / "golden/rules"


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    for name, text in (("base.yaml", BASE), ("local.yaml", LOCAL)):
        (tmp_path / name).write_text(text)
    return [str(tmp_path / "base.yaml"), str(tmp_path / "local.yaml")]


def shown(files: list[str], capsys: pytest.CaptureFixture[str], *args: str) -> str:
    assert main(["rules", *files, *args]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out.replace(files[0].removesuffix("base.yaml"), "")


@pytest.mark.parametrize("form", ["text", "md"])
def test_listing(
    files: list[str], capsys: pytest.CaptureFixture[str], golden: Callable[[Path, str], None], form: str
) -> None:
    options = [] if form == "text" else [f"--{form}"]
    golden(GOLDEN / f"listing.{form}", shown(files, capsys, "--all", *options))


def test_json(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    data = json.loads(shown(files, capsys, "--json", "--all"))
    shell, user = data["rules"]
    assert (shell["name"], shell["priority"], shell["source"]) == ("Shell started", "Notice", "syscall")
    assert shell["tags"] == ["shell", "process", "root"]
    assert shell["condition"] == "started and proc.name in (shells) and user.uid = 0"
    assert (user["enabled"], user["priority"]) == (False, "Error")
    assert [(step["verb"], step["file"], step["line"], step["keys"]) for step in shell["history"]] == [
        ("defines", "base.yaml", 9, {}),
        ("changes", "local.yaml", 8, {"condition": "append", "tags": "append"}),
    ]
    (macro,), (items,) = data["macros"], data["lists"]
    assert [step["verb"] for step in macro["history"]] == ["defines", "redefines"]
    assert items["items"] == ["sh", "bash"]
    assert set(json.loads(shown(files, capsys, "--json"))) == {"rules"}


def test_choice(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    def names(*options: str) -> list[str]:
        return [rule["name"] for rule in json.loads(shown(files, capsys, "--json", *options))["rules"]]

    assert names("--tag", "root") == ["Shell started"]
    assert names("--rule", "*changed") == ["User changed"]
    assert main(["rules", *files, "--tag", "root", "--rule", "User*"]) == 2
    assert "the name 'User*' and tag 'root'" in capsys.readouterr().err


def test_packaged_rules_without_any() -> None:
    done = tiercel("rules", "--json")
    assert (done.status, done.err) == (0, "")
    expected = [rule.name for rule in load_files(packaged_sets()).rules]
    assert [rule["name"] for rule in json.loads(done.out)["rules"]] == expected


def test_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "--schema"]) == 0
    assert json.loads(capsys.readouterr().out) == rule_file_schema()


def test_mistakes(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", files[1]]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "local.yaml:2:9" in captured.err
