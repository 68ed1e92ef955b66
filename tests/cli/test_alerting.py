# SPDX-License-Identifier: Apache-2.0
"""Configuration of the commands that print alerts, and remarks on it."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import pytest

from tiercel.cli import alerting
from tiercel.cli.alerting import load_config, remark
from tiercel.config.config import Config
from tiercel.engine.configured_rules import load_rules

RULE = "- {rule: r, desc: d, condition: evt.type = openat, output: o, priority: INFO}\n"


def parsed(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    alerting.configure(parser)
    return parser.parse_args(words)


def test_a_configuration_that_is_found_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "falco.yaml"
    path.write_text("priority: error\n")
    monkeypatch.setattr(alerting, "default_file", lambda: str(path))
    assert load_config(parsed(), search=True).priority == "error"
    assert capsys.readouterr().err == f"tiercel: configuration: {path}\n"
    assert load_config(parsed()).priority == "debug"
    assert load_config(parsed("-c", "/dev/null"), search=True).priority == "debug"
    assert capsys.readouterr().err == ""


def formats(*words: str) -> dict[str, str]:
    """Return the format of each output of a configuration."""
    args = parsed("-o", f"file_output={{enabled: true, filename: {os.devnull}}}", *words)
    routes = alerting.outputs(args, load_config(args))
    lines = {route.name: route.output._format for route in routes}  # type: ignore[attr-defined]
    for route in routes:
        route.output.close()
    return lines


def test_formats_of_outputs() -> None:
    assert formats() == {"stdout": "text", "file": "text"}
    assert formats("--json") == formats("--format", "falco") == {"stdout": "falco", "file": "falco"}
    assert formats("-o", "json_output=true") == {"stdout": "falco", "file": "falco"}
    assert formats("-o", "json_output=true", "-o", "output_format=text") == {"stdout": "text", "file": "text"}
    own = ("-o", "file_output.format=text", "-o", "stdout_output.format=falco")
    assert formats(*own) == {"stdout": "falco", "file": "text"}
    assert formats(*own, "--format", "text") == {"stdout": "text", "file": "text"}
    assert formats(*own, "--json") == {"stdout": "falco", "file": "text"}


def test_the_format_of_syslog_program_and_http() -> None:
    config = "syslog_output.enabled=true", "program_output={enabled: true, program: cat, format: falco}"
    web = "http_output={enabled: true, url: 'http://alerts.example.com/', format: falco}"
    words = [word for option in (*config, "syslog_output.format=falco", web) for word in ("-o", option)]
    assert set(formats(*words).values()) == {"text", "falco"}
    assert [form for name, form in formats(*words).items() if name not in ("stdout", "file")] == ["falco"] * 3


def test_rule_files_of_the_command_line_replace_those_of_the_configuration() -> None:
    options = ("-o", "rules_files=/nowhere/a.yaml")
    assert load_config(parsed(*options)).rules_files == ("/nowhere/a.yaml",)
    assert load_config(parsed(*options, "-r", "b.yaml")).rules_files == ()


def test_rule_files_that_do_not_exist_are_skipped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "r.yaml"
    path.write_text(RULE)
    config = Config(rules_files=("/nowhere/a.yaml", str(path), f"{path}/b.yaml"))
    rules = load_rules(config)
    assert [rule.name for rule in rules.rules] == ["r"]
    remark(rules, config)
    assert capsys.readouterr().err.splitlines() == [
        "tiercel: rules_files: /nowhere/a.yaml does not exist, and is skipped",
        f"tiercel: rules_files: {path}/b.yaml does not exist, and is skipped",
    ]


def test_without_any_rule_file_the_packaged_rules_are_used(capsys: pytest.CaptureFixture[str]) -> None:
    config = Config(rules_files=("/nowhere/a.yaml",))
    rules = load_rules(config)
    assert len(rules) > 10
    remark(rules, config)
    assert capsys.readouterr().err.splitlines()[-1] == (
        "tiercel: no entry of rules_files exists: the packaged rules are used"
    )


def test_keys_without_effect_are_named_with_advice(capsys: pytest.CaptureFixture[str]) -> None:
    config = Config.load(None, ["grpc.enabled=true", "grpc.threadiness=2"])
    remark(load_rules(config), config)
    assert capsys.readouterr().err.splitlines() == [
        "tiercel: without effect: grpc: the gRPC server is gone from Falco, too; write JSON alerts to a file"
    ]
