# SPDX-License-Identifier: Apache-2.0
"""`tiercel check` of a configuration, with its rules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from tiercel.cli import main

GOOD = "- {rule: r, desc: d, condition: evt.type = execve and %s, output: o, priority: INFO}\n"


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "rules.yaml"
    path.write_text(GOOD % "static.env = prod")
    return path


@pytest.fixture
def config(tmp_path: Path, rules: Path) -> Path:
    path = tmp_path / "falco.yaml"
    path.write_text(f"rules_files: [{rules}]\nstatic_fields: {{env: prod}}\n")
    return path


def checked(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, dict[str, Any]]:
    status = main(["check", "--json", *map(str, words)])
    return status, json.loads(capsys.readouterr().out)


def test_a_configuration_and_its_rules(config: Path, rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "-c", str(config)]) == 0
    assert capsys.readouterr().out == (
        "passed: 0 errors, 0 warnings in 1 configuration file, 1 file, 1 rule, 0 macros, 0 lists\n"
    )
    status, data = checked(capsys, "-c", config)
    assert (status, data["files"], data["config_files"], data["config_notes"]) == (0, [str(rules)], [str(config)], [])


def test_rules_are_checked_with_the_settings(config: Path, rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(rules)]) == 1
    assert "static.env" in capsys.readouterr().out
    status, data = checked(capsys, "-c", config, "-o", "append_output[].extra_output=%proc.nmae")
    assert (status, data["errors"]) == (1, 1)
    assert data["diagnostics"][0]["file"] == "append_output[0].extra_output"
    assert checked(capsys, "-o", "static_fields.env=x", rules)[0] == 0


def test_mistakes_have_a_place(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text(config.read_text() + "prioritty: error\n")
    assert main(["check", "-c", str(config)]) == 1
    shown = capsys.readouterr().out
    assert f"error[E603]: unknown key `prioritty`\n --> {config}:3:1\n   = help: did you mean `priority`?\n" in shown
    assert "failed: 1 error, 0 warnings" in shown
    status, data = checked(capsys, "-o", "prioritty=x")
    assert (status, data["diagnostics"][0]["file"], data["rules"]) == (1, "-o", 0)
    status, data = checked(capsys, "-o", "prioritty=x", config.with_name("rules.yaml"))
    assert [found["code"] for found in data["diagnostics"]] == ["E603"], "rules may need what cannot be read"
    status, data = checked(capsys, "-o", "stdout_output.enabled=false")
    assert (status, data["rules"] > 10) == (1, True)
    status, data = checked(capsys, "-c", "/nowhere/falco.yaml")
    assert (status, data["diagnostics"][0]["code"]) == (1, "E602")


def test_outputs_are_checked_and_none_is_opened(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, data = checked(capsys, "-c", config, "-o", "stdout_output.enabled=false")
    assert (status, data["diagnostics"][0]["text"]) == (1, "no output is enabled: alerts would go nowhere")
    status, data = checked(capsys, "-c", config, "-o", "outputs[].name=fiel")
    assert (status, data["diagnostics"][0]["text"]) == (1, "there is no output 'fiel'")
    path = tmp_path / "alerts"
    option = f"file_output={{enabled: true, filename: {path}}}"
    assert checked(capsys, "-c", config, "-o", option, "-o", f"outputs[]={{name: file, path: {path}}}")[0] == 0
    assert not path.exists()


@pytest.mark.parametrize(
    ("entry", "text", "hint"),
    [
        ("{name: file}", "the output 'file' needs the option 'path'", None),
        ("{name: file, path: x, keepopen: yes}", "the output 'file' does not take the option 'keepopen'", "keep_open"),
        ("{name: http, url: x, batch: many}", "the option 'batch' of the output 'http' cannot be `many`", "a number"),
        ("{name: http, url: 'ftp://x'}", "http: 'ftp://x' is no address with http or https", "example"),
        ("{name: syslog, facility: x}", "syslog: unknown facility 'x'", "known"),
    ],
)
def test_options_of_outputs_are_checked(
    entry: str, text: str, hint: str | None, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, data = checked(capsys, "-c", config, "-o", f"outputs[]={entry}")
    (found,) = data["diagnostics"]
    assert (status, found["text"]) == (1, text)
    assert (hint or "") in (found["hint"] or "")


def test_what_a_run_mentions_is_a_note(config: Path, rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["-o", "grpc.enabled=true", "-o", "rules_files[]=/nowhere/a.yaml", "-o", "rules[].disable.rule=Nosuch*"]
    status, data = checked(capsys, "-c", config, *options)
    assert status == 0
    assert data["config_notes"] == [
        "without effect: grpc: the gRPC server is gone from Falco, too; write JSON alerts to a file",
        "rules_files: /nowhere/a.yaml does not exist, and is skipped",
        "nothing to disable: no rule 'Nosuch*'",
    ]
    assert main(["check", "--strict", "-c", str(config), *options]) == 0
    assert "note: without effect: grpc: " in capsys.readouterr().out
    assert checked(capsys, "-c", config, *options, rules)[1]["config_notes"][1].startswith("nothing to")


def test_without_rule_files_the_packaged_rules_are_checked(capsys: pytest.CaptureFixture[str]) -> None:
    status, data = checked(capsys, "-o", "rules_files[]=/nowhere/a.yaml")
    assert (status, data["rules"] > 10) == (0, True)
    assert data["config_notes"][-1] == "no entry of rules_files exists: the packaged rules are used"


def test_the_schema_of_the_configuration(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--config-schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    Draft7Validator.check_schema(schema)
    assert "json_output" in schema["properties"]
