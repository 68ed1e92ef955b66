# SPDX-License-Identifier: Apache-2.0
"""Configuration of `tiercel falco`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from tiercel import cli
from tiercel.cli.falco import settings
from tiercel.cli.falco.options import parse
from tiercel.cli.falco.settings import check_file, given, require_file
from tiercel.config import tree
from tiercel.config.schema import config_schema
from tiercel.errors import ConfigError, UsageError
from tiercel.rules.files import read_bytes


def test_file_and_options(tmp_path: Path) -> None:
    path = tmp_path / "falco.yaml"
    path.write_text("json_output: true\nstatic_fields: {env: prod}\nlog_level: debug\n")
    found = given(parse(["-c", str(path), "-o", "priority=error", "-p", "%proc.pid"]))
    assert found.path == str(path)
    assert found.config.json_output
    assert found.config.priority == "error"
    assert [one.output for one in found.additions.append_output] == ["%proc.pid"]
    assert found.additions.statics == {"static.env": "prod"}
    assert found.tree["log_level"] == "debug"
    assert "json_output: true\nlog_level: debug\n" in found.dump()
    assert yaml.safe_load(found.dump())["static_fields"] == {"env": "prod"}


def test_the_file_is_read_once_and_kept_as_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Old keys are rewritten for the settings only."""
    reads: list[object] = []
    monkeypatch.setattr(tree, "read_bytes", lambda path: (reads.append(path), read_bytes(path))[1])
    path = tmp_path / "falco.yaml"
    path.write_text("outputs: {rate: 1, max_burst: 1000}\nfile_output: {enabled: false, filename: ./x}\n")
    found = given(parse(["-c", str(path)]))
    assert reads == [str(path)]
    assert found.tree["outputs"] == {"rate": "1", "max_burst": "1000"}
    assert [one.key for one in found.config.ignored] == ["outputs.rate", "outputs.max_burst"]


def test_without_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(settings, "DEFAULT_CONFIG", str(tmp_path / "falco.yaml"))
    found = given(parse([]))
    assert found.path is None
    with pytest.raises(UsageError, match="You must create a config file"):
        require_file(found)
    assert cli.main(["falco", "-L"]) == 1
    assert cli.main(["falco", "--version"]) == 0
    assert "Error: You must create a config file" in capsys.readouterr().err
    (tmp_path / "falco.yaml").write_text("json_output: true\n")
    assert given(parse([])).config.json_output


def test_missing_file_comes_before_the_help(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ConfigError):
        check_file(parse(["-c", str(tmp_path / "no.yaml")]))
    assert cli.main(["falco", "-c", str(tmp_path / "no.yaml"), "-h"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert f"Error: Could not find configuration file at {tmp_path / 'no.yaml'}" in captured.err


def test_wrong_configuration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "falco.yaml"
    path.write_text("json_output: perhaps\n")
    assert cli.main(["falco", "-c", str(path), "--dry-run"]) == 1
    assert f"Error: {path}:1:1: `json_output` cannot be `perhaps` [E604]" in capsys.readouterr().err


def test_schema_of_the_configuration(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["falco", "--config-schema"]) == 0
    assert json.loads(capsys.readouterr().out) == config_schema()


def test_further_files(tmp_path: Path) -> None:
    """Support information and the log have the files of `config_files` as well."""
    (tmp_path / "more.yaml").write_text("log_level: error\n")
    path = tmp_path / "falco.yaml"
    path.write_text(f"config_files: [{tmp_path}/more.yaml]\nlog_level: debug\n")
    found = given(parse(["-c", str(path)]))
    assert found.tree["log_level"] == "error"
    assert found.config.files == (str(path), f"{tmp_path}/more.yaml")
