# SPDX-License-Identifier: Apache-2.0
"""`tiercel explain`."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from support.cli import tiercel

from tiercel.cli import main

RULES = """
- list: directories
  items: [/etc, /usr/lib, /usr/libexec, /usr/local/lib, /usr/local/libexec, /usr/share, /usr/local/share]
- macro: opened
  condition: (evt.type in (open, openat) and evt.failed = false)
- macro: trusted
  condition: (proc.name in (apt, dpkg) or user.uid = 0)
- rule: Configuration written
  desc: d
  condition: opened and fd.name pmatch (directories) and not trusted
  output: "%proc.name wrote %fd.name"
  priority: WARNING
  exceptions:
    - {name: by_name, fields: [proc.name, fd.name], comps: ["=", startswith], values: [[vi, /etc/x]]}
- rule: User changed
  desc: d
  condition: evt.type = setuid
  output: o
  priority: INFO
  enabled: false
"""
OPENED = {"evt.type": "openat", "evt.failed": False, "fd.name": "/etc/hosts", "proc.name": "vi", "user.uid": 5}

GOLDEN = Path(__file__).parents[1] / "golden/explain"


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "rules.yaml"
    path.write_text(RULES)
    return path


def explained(rules: Path, capsys: pytest.CaptureFixture[str], *args: str) -> str:
    status = main(["explain", str(rules), *args])
    captured = capsys.readouterr()
    assert (status, captured.err) == (0, "")
    return captured.out.replace(f"{rules.parent}/", "")


def on_event(rules: Path, capsys: pytest.CaptureFixture[str], text: str, *args: str) -> str:
    path = rules.parent / "event.yaml"
    path.write_text(text)
    return explained(rules, capsys, "--event", str(path), *args)


def test_programs(rules: Path, capsys: pytest.CaptureFixture[str], golden: Callable[[Path, str], None]) -> None:
    golden(GOLDEN / "programs.txt", explained(rules, capsys))


def test_events(rules: Path, capsys: pytest.CaptureFixture[str], golden: Callable[[Path, str], None]) -> None:
    events = [
        OPENED,
        OPENED | {"fd.name": "/etc/xyz"},
        OPENED | {"proc.name": None},
        OPENED | {"user.uid": 0},
        OPENED | {"fd.name": {"requested": "/tmp/link", "resolved": "/etc/xyz"}},
        OPENED | {"fd.name": {"requested": "/tmp/link", "resolved": "/etc/hosts"}},
        {"evt.type": "setuid"},
    ]
    lines = "\n".join(map(json.dumps, events))
    golden(GOLDEN / "events.txt", on_event(rules, capsys, lines))


def test_one_rule_is_explained_though_it_is_not_tried(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = on_event(rules, capsys, "{evt.type: setuid}", "--rule", "Conf*")
    assert '`evt.type in (open, openat)` is false: evt.type is "setuid"' in out
    assert 'rules.yaml:5:15, macro "opened"' in out


def test_json_of_a_program(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = json.loads(explained(rules, capsys, "--json"))
    assert [rule["name"] for rule in data["rules"]] == ["Configuration written", "User changed"]
    first, second = data["rules"]
    assert (first["file"], first["line"], first["enabled"], second["enabled"]) == ("rules.yaml", 8, True, False)
    (program,) = first["programs"]
    assert program["events"] == ["open", "openat"]
    assert program["checks"][0] == {
        "number": 1,
        "check": "evt.failed = false",
        "true": 2,
        "false": "no",
        "cost": program["checks"][0]["cost"],
        "items": ['macro "opened"'],
        "pending": [],
    }
    assert {"match", "no"} < {step["true"] for step in program["checks"]} | {s["false"] for s in program["checks"]}
    assert second["programs"] == [{"events": ["setuid"], "paths": False, "checks": []}]
    assert first["tried"] == [{"events": ["open", "openat"], "guards": [], "keys": []}]
    assert {"proc.name", "fd.name"} <= set(first["fields"])


def test_json_of_an_event(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = json.dumps([OPENED, OPENED | {"user.uid": 0}], indent=2)
    first, second = json.loads(on_event(rules, capsys, text, "--json"))["events"]
    assert (first["line"], first["type"]) == (3, "openat")
    assert [verdict["matches"] for verdict in first["verdicts"]] == [True, False]
    assert first["verdicts"][1]["tried"] is False
    (failure,) = second["verdicts"][0]["failures"]
    assert failure == {
        "check": "user.uid = 0",
        "result": True,
        "value": 0,
        "right": None,
        "item": 'macro "trusted"',
        "file": "rules.yaml",
        "line": 7,
        "column": 43,
    }


def test_from_standard_input(rules: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("- {evt.type: setuid}\n- {evt.type: openat}\n"))
    out = explained(rules, capsys, "--event", "-")
    assert "<stdin>:1: setuid\n  User changed: matches; but it is switched off\n" in out
    assert "<stdin>:2: openat\n" in out


def test_packaged_rules_without_any() -> None:
    done = tiercel("explain", "--rule", "*attached with ptrace")
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith("Process attached with ptrace\n")


@pytest.mark.parametrize(
    ("event", "code"),
    [
        ("{evt.type: openat, fd.nmae: x}", "E201"),
        ("{fd.name: x}", "E614"),
        ("{evt.type: [a]}", "E613"),
        ("[3]", "E616"),
        ("{evt.type: openat", "E101"),
        ("", "E601"),
    ],
)
def test_mistakes_in_events(rules: Path, capsys: pytest.CaptureFixture[str], event: str, code: str) -> None:
    path = rules.parent / "event.yaml"
    path.write_text(event)
    assert main(["explain", str(rules), "--event", str(path)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert f"error[{code}]" in captured.err


def test_other_mistakes(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", str(rules), "--rule", "Configuration wirtten"]) == 2
    assert "did you mean `Configuration written`?" in capsys.readouterr().err
    assert main(["explain", str(rules), "--event", str(rules.parent / "none.yaml")]) == 2
    assert "E102" in capsys.readouterr().err
    rules.write_text(RULES.replace("not trusted", "not trusteed"))
    assert main(["explain", str(rules)]) == 2
    assert "did you mean `trusted`?" in capsys.readouterr().err


@pytest.mark.shared
def test_rules_of_others(shared_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every rule of every file that loads has a program, and reports why it does not match an event without fields."""
    (tmp_path / "event.yaml").write_text("[{evt.type: openat}, {evt.type: execve, proc.name: x}, {evt.type: setns}]")
    explained = 0
    for path in sorted((shared_dir / "peer").glob("*/*.yaml")):
        if main(["explain", "--json", str(path)]) == 2:
            continue
        programs = json.loads(capsys.readouterr().out)["rules"]
        assert all(program["events"] for rule in programs for program in rule["programs"])
        assert main(["explain", "--json", "--event", str(tmp_path / "event.yaml"), str(path)]) == 0
        never = {rule["name"] for rule in programs if not rule["programs"]}
        for event in json.loads(capsys.readouterr().out)["events"]:
            silent = {found["rule"] for found in event["verdicts"] if not found["matches"] and not found["failures"]}
            assert silent <= never
        assert main(["explain", "--event", str(tmp_path / "event.yaml"), str(path)]) == 0
        assert capsys.readouterr().out.count("event.yaml:1: ") == (3 if programs else 0)
        explained += len(programs)
    assert explained > 50


def test_what_the_kernel_reports(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules.write_text(
        RULES + "- {rule: Anything, desc: d, condition: 'evt.type in (openat, setns)', output: o, priority: INFO}\n"
    )
    data = json.loads(explained(rules, capsys, "--json"))
    whole = {tuple(one["events"]): one["alternatives"] for one in data["reported"]}
    assert whole["openat", "setns"] == [{"text": "every event", "rules": ["Anything"]}]
    (alternative,) = whole["open",]
    assert alternative["text"].startswith("succeeded, not by root, path in (/etc, ")
    assert alternative["rules"] == ["Configuration written"]
    (own,) = data["rules"][0]["reported"]
    assert own == {"events": ["open", "openat"], "alternatives": [alternative]}
    shown = explained(rules, capsys)
    assert '  openat, setns\n    every event\n      for "Anything"\n' in shown


def test_events_that_no_rule_can_match_are_not_reported(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules.write_text(
        "- {rule: r, desc: d, condition: 'evt.type in (openat, unlink) and evt.is_open_write = true and fd.name exists'"
        ", output: o, priority: INFO}\n"
    )
    shown = explained(rules, capsys)
    assert "  from the kernel, unlink: none\n" in shown
    assert "  openat\n    for writing\n" in shown
