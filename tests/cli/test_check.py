# SPDX-License-Identifier: Apache-2.0
"""`tiercel check`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tiercel import compiler
from tiercel.cli import main
from tiercel.engine.ruleset import packaged_sets
from tiercel.rules import load_files

GOOD = "- rule: r\n  desc: d\n  condition: evt.type = execve\n  output: o\n  priority: INFO\n"


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "rules.yaml"
    path.write_text(GOOD)
    return path


def test_clean(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(rules)]) == 0
    assert capsys.readouterr().out == "passed: 0 errors, 0 warnings in 1 file, 1 rule, 0 macros, 0 lists\n"


def test_warnings_pass_unless_strict(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules.write_text(GOOD + "  colour: red\n")
    assert main(["check", str(rules)]) == 0
    shown = capsys.readouterr().out
    assert f"{rules}:6:3" in shown
    assert "passed: 0 errors, 1 warning" in shown
    assert main(["check", "--strict", str(rules)]) == 1
    assert "failed: 0 errors, 1 warning" in capsys.readouterr().out


def test_errors_fail(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules.write_text(GOOD.replace("evt.type = execve", "evt.type = opne"))
    assert main(["check", str(rules)]) == 1
    assert capsys.readouterr().out == (
        "error[E208]: there is no event `opne`\n"
        f' --> {rules}:3:25, rule "r"\n'
        "3 |   condition: evt.type = opne\n"
        "  |                         ^^^^\n"
        "   = help: did you mean `open`?\n"
        "\n"
        "failed: 1 error, 0 warnings in 1 file, 1 rule, 0 macros, 0 lists\n"
    )


def test_json(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules.write_text(GOOD + "  colour: red\n")
    assert main(["check", "--json", str(rules)]) == 0
    data = json.loads(capsys.readouterr().out)
    (finding,) = data.pop("diagnostics")
    assert data == {
        "passed": True,
        "strict": False,
        "errors": 0,
        "warnings": 1,
        "files": [str(rules)],
        "rules": 1,
        "macros": 0,
        "lists": 0,
        "notes": [],
        "always_tried": [],
    }
    assert finding == {
        "code": "W501",
        "severity": "warning",
        "falco_code": "LOAD_UNKNOWN_KEY",
        "file": str(rules),
        "line": 6,
        "column": 3,
        "length": 6,
        "item": 'rule "r"',
        "text": "unknown key `colour` is ignored",
        "hint": None,
        "notes": [],
    }


@pytest.mark.parametrize(
    ("text", "strict", "status", "codes"),
    [
        (GOOD, True, 0, []),
        (GOOD + "  colour: red\n", True, 1, ["W501"]),
        (GOOD.replace("INFO", "INF") + "  colour: red\n", False, 1, ["E109", "W501"]),
    ],
)
def test_json_and_strict(
    rules: Path, capsys: pytest.CaptureFixture[str], text: str, strict: bool, status: int, codes: list[str]
) -> None:
    rules.write_text(text)
    assert main(["check", "--json", *(["--strict"] if strict else []), str(rules)]) == status
    data = json.loads(capsys.readouterr().out)
    assert (data["passed"], data["strict"]) == (status == 0, strict)
    assert [found["code"] for found in data["diagnostics"]] == codes
    severities = [found["severity"] for found in data["diagnostics"]]
    assert (data["errors"], data["warnings"]) == (severities.count("error"), severities.count("warning"))


def test_several_files_are_one_set(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = rules.parent / "local.d"
    folder.mkdir()
    (folder / "a.yaml").write_text("- rule: r\n  condition: and proc.name = x\n  override: {condition: append}\n")
    assert main(["check", str(rules), str(folder)]) == 0
    assert "in 2 files, 1 rule" in capsys.readouterr().out
    assert main(["check", str(folder)]) == 1


@pytest.mark.parametrize("content", [None, b"\xff", b"- ["])
def test_unreadable(tmp_path: Path, content: bytes | None, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "rules.yaml"
    if content is not None:
        path.write_bytes(content)
    assert main(["check", str(path)]) == 1
    shown = capsys.readouterr()
    assert f"--> {path}:1:" in shown.out
    assert "Traceback" not in shown.out + shown.err


def test_without_a_file_it_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 2
    assert "E601" in capsys.readouterr().err


DEAR = "evt.type in (openat, unlink) and evt.is_open_read = true and fd.num >= 0 and proc.name = cat"


def test_what_is_dear_for_a_live_sensor_is_noted(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules.write_text(GOOD.replace("evt.type = execve", DEAR))
    assert main(["check", "--strict", str(rules)]) == 0
    assert capsys.readouterr().out == (
        "note[N540]: nearly every `openat` must leave the kernel for this rule, "
        "which slows down everything that does it\n"
        f' --> {rules}:3:14, rule "r"\n'
        f"3 |   condition: {DEAR}\n"
        f"  |              {'^' * len(DEAR)}\n"
        "   = help: add what the kernel can decide, such as `fd.name startswith /etc/`, `evt.is_open_write = true` or "
        "`evt.failed = true`\n"
        "\n"
        "passed: 0 errors, 0 warnings in 1 file, 1 rule, 0 macros, 0 lists\n"
    )


ALWAYS = "evt.type = read and proc.pid > 7 and not proc.name = cat"


def test_what_every_event_is_held_against_is_told(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules.write_text(GOOD.replace("evt.type = execve", ALWAYS))
    assert main(["check", "--strict", str(rules)]) == 0
    assert (
        "\n\nnote: 1 rule requires nothing rare, such as a name or a path, so that every event of a frequent type is "
        'held against it: "r"\n\npassed: 0 errors'
    ) in capsys.readouterr().out
    assert main(["check", "--json", str(rules)]) == 0
    assert json.loads(capsys.readouterr().out)["always_tried"] == ["r"]


@pytest.mark.parametrize(
    "condition",
    [
        f"{ALWAYS} and proc.name in (a, b)",
        f"{ALWAYS} and fd.typechar = f and proc.vpid = 1",
        ALWAYS.replace("read", "unlink"),
    ],
)
def test_what_few_events_are_held_against_is_not(rules: Path, condition: str) -> None:
    rules.write_text(GOOD.replace("evt.type = execve", condition))
    assert not compiler.build(load_files([rules])).always


@pytest.mark.parametrize(
    "condition",
    [
        f"{DEAR} and fd.name startswith /etc/",
        DEAR.replace("read", "write"),
        DEAR.replace(">= 0", "< 0"),
        "evt.type = ptrace",
    ],
)
def test_what_the_kernel_can_decide_is_not_dear(rules: Path, condition: str) -> None:
    rules.write_text(GOOD.replace("evt.type = execve", condition))
    assert not compiler.build(load_files([rules])).notes


def test_the_packaged_rules_are_not_dear() -> None:
    assert not compiler.build(load_files(packaged_sets())).notes
