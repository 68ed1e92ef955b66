# SPDX-License-Identifier: Apache-2.0
"""Files and folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from tiercel.rules import load_files, load_text, loader


def rule(name: str) -> str:
    return f"- rule: {name}\n  desc: d\n  condition: evt.type = open\n  output: o\n  priority: INFO\n"


def test_several_files_are_one_set(tmp_path: Path) -> None:
    folder = tmp_path / "local.d"
    folder.mkdir()
    (tmp_path / "base.yaml").write_text(rule("base"))
    (folder / "20.yml").write_text(rule("c"))
    (folder / "10.yaml").write_text(rule("b"))
    (folder / "README.md").write_text("no rules")
    (folder / "30.yaml").mkdir()
    files = load_files([tmp_path / "base.yaml", str(folder)])
    assert [one.name for one in files.rules] == ["base", "b", "c"]
    assert [Path(stage.file).name for stage in files.stages] == ["base.yaml", "10.yaml", "20.yml"]
    assert files.stages[1].changed == {"b"}
    assert not files.has_errors


@pytest.mark.parametrize(
    ("content", "code", "line", "column"),
    [(None, "E102", 1, 1), (b"- list: l\n  items: [\xff]\n", "E102", 2, 11), (b"- [", "E101", 1, 4)],
)
def test_unreadable(tmp_path: Path, content: bytes | None, code: str, line: int, column: int) -> None:
    path = tmp_path / "rules.yaml"
    if content is not None:
        path.write_bytes(content)
    other = tmp_path / "other.yaml"
    other.write_text(rule("r"))
    files = load_files([path, other])
    assert [(found.code, found.file, found.line, found.column) for found in files.diagnostics] == [
        (code, str(path), line, column)
    ]
    assert files.has_errors
    assert [one.name for one in files.rules] == ["r"]


def test_a_file_that_is_no_rule_file_is_incomplete() -> None:
    assert not load_text("- [").stages[0].complete
    assert not load_text("a: b").stages[0].complete
    assert load_text("- x: 1").stages[0].complete


def test_large_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loader, "MAX_FILE", 10)
    (tmp_path / "a.yaml").write_text(rule("r"))
    (found,) = load_files([tmp_path / "a.yaml"]).diagnostics
    assert found.code == "E112"


def test_a_byte_order_mark_does_not_shift_columns(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"\xef\xbb\xbf- rul: x\n")
    for files in (load_files([tmp_path / "a.yaml"]), load_text("\ufeff- rul: x\n")):
        (found,) = files.diagnostics
        assert (found.line, found.column, found.length) == (1, 3, 3)


def test_nothing_is_a_rule_set() -> None:
    assert load_files([]).rules == ()
    assert load_text("").rules == ()


def test_rules_of_other_sources_can_be_admitted() -> None:
    text = rule("r") + "  source: web\n"
    assert load_text(text).rules == ()
    files = load_text(text, sources={"syscall", "web"})
    assert [one.source for one in files.rules] == ["web"]
    assert not files.diagnostics
