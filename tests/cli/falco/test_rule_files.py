# SPDX-License-Identifier: Apache-2.0
"""`-V`, `-L` and `-l`, and errors of rules at a start."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tiercel import cli

GOOD = "- {rule: good one, desc: Something good, condition: evt.type = open, output: o, priority: INFO}\n"
BAD = "- {rule: bad, desc: d, condition: evt.type = open and nope, output: o, priority: INFO}\n"
WARNED = GOOD + "- {macro: unused, condition: evt.type = close}\n"
TABLE = """\
Rule                                               Description
----                                               -----------
good one                                           Something good 

"""  # noqa: W291 - Falco ends each line of a description with a blank


@pytest.fixture
def falco(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Call `tiercel falco -c falco.yaml WORDS`; return the status, and both outputs."""
    monkeypatch.chdir(tmp_path)
    Path("good.yaml").write_text(GOOD)
    Path("bad.yaml").write_text(BAD)
    Path("warned.yaml").write_text(WARNED)
    Path("falco.yaml").write_text("rules_files: [good.yaml]\nstdout_output: {enabled: true}\nlog_level: warning\n")

    def call(*words: str) -> tuple[int, str, str]:
        status = cli.main(["falco", "-c", "falco.yaml", *words])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return call


def test_valid(falco: Any) -> None:
    assert falco("-V", "good.yaml") == (0, "good.yaml: Ok\n", "")


def test_warnings_go_to_the_log(falco: Any) -> None:
    status, out, err = falco("-V", "good.yaml", "-V", "warned.yaml")
    assert (status, out) == (0, "good.yaml: Ok\nwarned.yaml: Ok, with warnings\n")
    assert "LOAD_UNUSED_MACRO" in err


def test_invalid(falco: Any) -> None:
    status, out, err = falco("-V", "good.yaml", "-V", "bad.yaml")
    assert status == 1
    assert out.startswith("good.yaml: Ok\nbad.yaml: Invalid\n1 Errors:\nIn rules content: (bad.yaml:0:0)\n")
    assert err == f"Error: {out}"


def test_json(falco: Any) -> None:
    status, out, _ = falco("-V", "good.yaml", "-V", "bad.yaml", "-o", "json_output=true")
    assert status == 1
    assert out.count("\n") == 1
    found = json.loads(out)
    assert [(one["name"], one["successful"]) for one in found["falco_load_results"]] == [
        ("good.yaml", True),
        ("bad.yaml", False),
    ]
    assert "falco_describe_results" not in found


def test_with_a_description(falco: Any) -> None:
    assert falco("-V", "good.yaml", "-L") == (0, f"good.yaml: Ok\n\n{TABLE}", "")
    found = json.loads(falco("-V", "good.yaml", "-l", "good one", "-o", "json_output=true")[1])
    assert found["falco_describe_results"]["rules"][0]["info"]["name"] == "good one"
    assert falco("-V", "bad.yaml", "-L")[1].count("Rule ") == 0


def test_missing_file(falco: Any) -> None:
    status, out, err = falco("-V", "gone.yaml")
    assert (status, out) == (1, "")
    assert "Error: Could not open file gone.yaml for reading" in err


def test_standard_input(falco: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(GOOD.encode())))
    assert falco("-V", "-") == (0, "<stdin>: Ok\n", "")


def test_description(falco: Any) -> None:
    assert falco("-L") == (0, TABLE, "")
    assert falco("-l", "good one") == (0, TABLE, "")
    found = json.loads(falco("-L", "-o", "json_output=true")[1])
    assert set(found) == {"lists", "macros", "required_engine_version", "required_plugin_versions", "rules"}


def test_description_of_no_rule(falco: Any) -> None:
    status, out, err = falco("-l", "good on")
    assert (status, out) == (1, "")
    assert err.startswith('Error: Rule "good on" is not loaded')


def test_rules_of_the_command_line_replace_those_of_the_configuration(falco: Any) -> None:
    status, out, err = falco("-r", "bad.yaml", "-L")
    assert (status, out) == (1, "")
    assert err.startswith("Error: bad.yaml: Invalid\n1 Errors:\n")
    assert "LOAD_ERR_VALIDATE" in err


def test_selections_do_not_change_the_description(falco: Any) -> None:
    out = falco("-L", "-o", "json_output=true", "-o", "rules[].disable.rule=*")[1]
    assert json.loads(out)["rules"][0]["info"]["enabled"] is True


def test_without_rules(falco: Any) -> None:
    Path("falco.yaml").write_text("stdout_output: {enabled: true}\n")
    status, out, err = falco("--dry-run")
    assert (status, out) == (1, "")
    assert "Error: You must specify at least one rules file/directory via -r" in err


def test_packaged_rules_stand_for_files_that_do_not_exist(falco: Any) -> None:
    """As for `tiercel run`: Falco's package brings its rules, and tiercel's brings others."""
    Path("falco.yaml").write_text("rules_files: [/no/such.yaml]\nstdout_output: {enabled: true}\n")
    status, out, _ = falco("-L")
    assert status == 0
    assert len(out.splitlines()) > 20


def test_folder(falco: Any) -> None:
    Path("rules.d").mkdir()
    Path("rules.d/a.yaml").write_text(GOOD)
    assert falco("-r", "rules.d", "-L") == (0, TABLE, "")
