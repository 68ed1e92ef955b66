# SPDX-License-Identifier: Apache-2.0
"""Files and folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from tiercel.engine.ruleset import Ruleset
from tiercel.errors import RulesError
from tiercel.rules import Content, load_files, load_text
from tiercel.rules import files as reading


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
    monkeypatch.setattr(reading, "MAX_FILE", 10)
    (tmp_path / "a.yaml").write_text(rule("r"))
    for given in (tmp_path / "a.yaml", Content("<stdin>", rule("r").encode())):
        (found,) = load_files([given]).diagnostics
        assert found.code == "E112"


def test_a_byte_order_mark_does_not_shift_columns(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"\xef\xbb\xbf- rul: x\n")
    for loaded in (load_files([tmp_path / "a.yaml"]), load_text("\ufeff- rul: x\n")):
        found = loaded.diagnostics[0]
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


NOTHING = {"no byte": "", "blanks": " \n\n", "comments": "# rules\n", "null": "---\n~\n", "an empty list": "[]\n"}


@pytest.mark.parametrize("content", NOTHING.values(), ids=NOTHING)
def test_files_without_any_rule_are_an_error(tmp_path: Path, content: str) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(content)
    for given in (path, tmp_path, Content("<stdin>", content.encode())):
        (found,) = load_files([given]).diagnostics
        assert (found.code, found.line) == ("E155", 1)
        with pytest.raises(RulesError, match="there is no rule"):
            Ruleset.load(given)


def test_texts_of_nothing_are_an_error() -> None:
    for text in ("", " \n"):
        with pytest.raises(RulesError, match="there is no rule in <text>"):
            Ruleset.loads(text)
    assert not Ruleset.loads("[]").rules


def test_a_folder_without_rule_files_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("no rules")
    (found,) = load_files([tmp_path]).diagnostics
    assert (found.code, found.file) == ("E155", str(tmp_path))
    with pytest.raises(RulesError, match="there is no rule"):
        Ruleset.load(tmp_path)


def test_macros_alone_can_be_checked_but_not_run(tmp_path: Path) -> None:
    path = tmp_path / "macros.yaml"
    path.write_text("- macro: m\n  condition: evt.type = open\n")
    assert not load_files([path]).has_errors
    with pytest.raises(RulesError, match="there is no rule"):
        Ruleset.load(path)


def test_a_folder_of_rule_sets_is_read_with_base_first(tmp_path: Path) -> None:
    for name in ("applications", "base"):
        (tmp_path / name).mkdir()
    (tmp_path / "base/macros.yaml").write_text("- macro: m\n  condition: evt.type = open\n")
    rule = "- rule: r\n  desc: d\n  condition: m\n  output: o\n  priority: INFO\n"
    (tmp_path / "applications/a.yaml").write_text(rule)
    files = load_files([tmp_path])
    assert not files.diagnostics
    assert [Path(stage.file).name for stage in files.stages] == ["macros.yaml", "a.yaml"]


def test_empty_files_and_folders_among_others_are_warned_of(tmp_path: Path) -> None:
    for name, content in (("a.yaml", rule("r")), ("b.yaml", ""), ("c.yaml", "# nothing yet\n")):
        (tmp_path / name).write_text(content)
    (tmp_path / "more").mkdir()
    loaded = load_files([tmp_path, tmp_path / "more", Content("<stdin>", b"")])
    assert [one.name for one in loaded.rules] == ["r"]
    expected = [("W545", str(tmp_path / "b.yaml")), ("W546", str(tmp_path / "more")), ("W545", "<stdin>")]
    assert [(found.code, found.file) for found in loaded.diagnostics] == expected


def test_the_content_of_a_file_can_be_given(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(rule("a"))
    loaded = load_files([tmp_path / "a.yaml", Content("<stdin>", rule("b").encode() + b"- rul: x\n")])
    assert [one.name for one in loaded.rules] == ["a", "b"]
    assert [(found.code, found.file, found.line) for found in loaded.diagnostics] == [("W502", "<stdin>", 6)]
