# SPDX-License-Identifier: Apache-2.0
"""`tiercel test`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.cli import tiercel

from tiercel.cli import main
from tiercel.engine.evaluate import Engine
from tiercel.errors import EventError

RULES = """
- macro: opened
  condition: (evt.type in (open, openat) and evt.failed = false)
- rule: Shadow opened
  desc: d
  condition: opened and fd.name = /etc/shadow and not proc.name in (passwd, chage)
  output: "%proc.name opened %fd.name"
  priority: WARNING
- rule: Anything opened
  desc: d
  condition: opened
  output: opened %fd.name
  priority: INFO
  enabled: false
"""
TESTS = """
rules: rules.yaml
defaults: {evt.type: openat, evt.failed: false}
cases:
  - name: cat reads it
    event: {fd.name: /etc/shadow, proc.name: cat}
    expect:
      - rule: Shadow opened
        priority: warning
        output: cat opened /etc/*
        fields: {fd.name: /etc/shadow}
  - name: programs that may
    events:
      - {fd.name: /etc/shadow, proc.name: passwd}
      - {fd.name: /etc/shadow, proc.name: chage}
    expect: none
  - name: a failure
    event: {fd.name: /etc/shadow, proc.name: cat, evt.failed: true}
    not: Shadow opened
"""


@pytest.fixture
def tests(tmp_path: Path) -> Path:
    (tmp_path / "rules.yaml").write_text(RULES)
    path = tmp_path / "shadow.yaml"
    path.write_text(TESTS)
    return path


def shown(path: Path, capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, str]:
    status = main(["test", str(path), *args])
    captured = capsys.readouterr()
    assert captured.err == ""
    return status, captured.out.replace(f"{path.parent}/", "").rpartition(" in ")[0]


def test_all_pass(tests: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(tests, capsys) == (0, "shadow.yaml ...\n\n3 passed")
    assert shown(tests, capsys, "-v")[1].splitlines()[0] == "shadow.yaml:5: cat reads it passed"
    assert shown(tests, capsys, "-k", "may") == (0, "shadow.yaml .\n\n1 passed")


def test_as_a_program(tests: Path) -> None:
    done = tiercel("test", tests.parent)
    assert (done.status, done.err) == (0, "")
    assert "3 passed" in done.out


def test_a_rule_that_should_match(tests: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tests.write_text(TESTS.replace("proc.name: cat}", "proc.name: chage}"))
    status, out = shown(tests, capsys)
    assert status == 1
    assert out == (
        "shadow.yaml F..\n"
        "\n"
        "FAILED shadow.yaml:5: cat reads it\n"
        "  Shadow opened: should match, but does not\n"
        '    first failing check: `proc.name in (chage, passwd)` is true: proc.name is "chage"\n'
        '     --> rules.yaml:6:55, rule "Shadow opened"\n'
        "    6 |   condition: opened and fd.name = /etc/shadow and not proc.name in (passwd, chage)\n"
        "      |                                                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
        "\n"
        "1 failed, 2 passed"
    )


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("priority: warning", "priority: INFO", "Shadow opened: its priority is Warning, not Informational"),
        (
            "opened /etc/*",
            "opened /usr/*",
            'its output is "cat opened /etc/shadow", which does not fit "cat opened /usr/*"',
        ),
        ("fields: {fd.name: /etc/shadow}", "fields: {fd.name: ~}", 'fd.name is "/etc/shadow", not without a value'),
        ("fields: {fd.name: /etc/shadow}", "fields: {proc.pid: 1}", "its output does not name proc.pid"),
        ("proc.name: chage}", "proc.name: cat}", "Shadow opened: should not match, but does (event of line 15)"),
        ("evt.failed: true}", "evt.failed: false}", "Shadow opened: should not match, but does"),
        ("cases:", "enable: Any*\ncases:", "Anything opened: should not match, but does"),
    ],
)
def test_what_can_differ(tests: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, text: str) -> None:
    tests.write_text(TESTS.replace(old, new))
    status, out = shown(tests, capsys)
    assert status == 1
    assert text in out


def test_json(tests: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tests.write_text(TESTS.replace("evt.type: openat", "evt.type: setuid"))
    assert main(["test", "--json", str(tests)]) == 1
    data = json.loads(capsys.readouterr().out)
    assert (data["passed"], data["failed"], data["diagnostics"]) == (2, 1, [])
    case = data["cases"][0]
    assert (case["name"], case["line"], case["passed"]) == ("cat reads it", 5, False)
    (problem,) = case["problems"]
    assert problem["rule"] == "Shadow opened"
    assert problem["failures"][0]["check"] == "evt.type in (open, openat)"
    assert problem["failures"][0]["item"] == 'macro "opened"'
    assert problem["failures"][0]["line"] == 3


@pytest.mark.parametrize(
    ("old", "new", "code", "place"),
    [
        ("cases:", "tests:", "E610", "2:1"),
        ("    expect: none", "    expects: none", "E611", "16:5"),
        ("    expect: none", "", "E617", "12:5"),
        ("event: {fd.name: /etc/shadow, proc.name: cat}", "x: 1", "E617", "5:5"),
        ("rules: rules.yaml", "rules: nonesuch.yaml", "E102", "1:1"),
        ("fd.name: /etc/shadow, proc.name: passwd", "fd.nmae: /etc/shadow", "E201", "14:10"),
        ("evt.failed: true}", "evt.failed: maybe}", "E613", "18:63"),
        ("evt.type: openat", "evt.type: oepnat", "E613", "3:22"),
        ("evt.type: openat, ", "", "E614", "6:13"),
        ("not: Shadow opened", "not: Shadow open", "E615", "19:10"),
        ("expect: none", "expect: Anything opened", "E618", "16:13"),
        ("priority: warning", "priority: warm", "E109", "9:19"),
        ("evt.failed: true}", "evt.failed: true, evt.failed: true}", "E612", "18:69"),
        ("evt.failed: true}", "evt.failed: [true]}", "E613", "18:63"),
        ("    events:", "    events: 3\n    event:", "E616", "13:13"),
        ("evt.failed: true}", "evt.failed: true", "E101", "18:12"),
        ("defaults:", "path_matching: bith\ndefaults:", "E616", "3:16"),
    ],
)
def test_mistakes_in_the_file(
    tests: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, code: str, place: str
) -> None:
    assert old in TESTS
    tests.write_text(TESTS.replace(old, new, 1))
    status, out = shown(tests, capsys)
    assert status == 2
    assert f"[{code}]" in out
    assert f".yaml:{place}" in out


def test_every_mistake_is_reported_at_once(tests: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tests.write_text(TESTS.replace("fd.name", "fd.nmae").replace("expect: none", "expekt: none"))
    status, out = shown(tests, capsys)
    assert status == 2
    assert out.count("error[E") == 7
    assert "did you mean `expect`?" in out


def test_mistakes_in_the_rules(tests: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tests.parent / "rules.yaml").write_text(RULES.replace("proc.name in", "proc.nmae in"))
    status, out = shown(tests, capsys)
    assert status == 2
    assert "rules.yaml:6:" in out


def test_an_event_that_the_core_refuses(
    tests: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_engine: Engine, _event: object) -> list[object]:
        raise EventError("E303", "fd.name is too odd")

    monkeypatch.setattr(Engine, "evaluate", refuse)
    status, out = shown(tests, capsys)
    assert status == 2
    assert "error[E619]: the event cannot be evaluated: fd.name is too odd\n --> shadow.yaml:6:13" in out


def test_nothing_to_test(tests: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "-k", "nonesuch", str(tests)]) == 2
    assert "E601" in capsys.readouterr().err
    (tests.parent / "empty").mkdir()
    assert main(["test", str(tests.parent / "empty")]) == 2
    assert "there are no tests below" in capsys.readouterr().err
    assert main(["test", str(tests.parent / "nonesuch.yaml")]) == 2
    assert "E102" in capsys.readouterr().out


def test_a_folder_holds_rules_and_tests(tests: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tests.parent / "more").mkdir()
    (tests.parent / "more/again.yml").write_text(TESTS.replace("rules.yaml", "../rules.yaml"))
    assert main(["test", str(tests.parent)]) == 0
    out = capsys.readouterr().out
    assert "6 passed" in out
    assert "/rules.yaml" not in out


def test_packaged_rules_without_any(tests: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tests.write_text("cases:\n  - {name: a, event: {evt.type: setuid}, expect: none}\n")
    assert shown(tests, capsys) == (0, "shadow.yaml .\n\n1 passed")
