# SPDX-License-Identifier: Apache-2.0
"""Configuration files that name others."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tiercel.config import includes
from tiercel.config.config import Config
from tiercel.config.includes import read_settings
from tiercel.config.output_settings import FileSettings
from tiercel.errors import ConfigError


@pytest.fixture
def main(tmp_path: Path) -> Path:
    path = tmp_path / "main.yaml"
    path.write_text(f"config_files: ['{tmp_path}/more']\nrules_files: [a.yaml]\npriority: error\n")
    (tmp_path / "more").mkdir()
    return path


def test_a_folder_is_read_in_order_of_names(main: Path) -> None:
    more = main.parent / "more"
    (more / "20.yaml").write_text("priority: notice\nrules_files: [c.yaml]\n")
    (more / "10.yaml").write_text("priority: warning\nrules_files: [b.yaml]\n")
    (more / "folder").mkdir()
    config = Config.load(main)
    assert (config.priority, config.rules_files) == ("notice", ("a.yaml", "b.yaml", "c.yaml"))
    assert config.files == (str(main), str(more / "10.yaml"), str(more / "20.yaml"))
    assert config.folders == (str(more),)


@pytest.mark.parametrize(
    ("strategy", "rules_files", "priority", "json"),
    [
        ("append", ("a.yaml", "b.yaml"), "warning", True),
        ("override", ("b.yaml",), "warning", True),
        ("add-only", ("a.yaml",), "error", True),
    ],
)
def test_strategies(main: Path, strategy: str, rules_files: tuple[str, ...], priority: str, json: bool) -> None:
    other = main.parent / "other.yaml"
    other.write_text("priority: warning\nrules_files: [b.yaml]\njson_output: true\n")
    config = Config.load(main, [f"config_files={{path: {other}, strategy: {strategy}}}"])
    assert (config.rules_files, config.priority, config.json_output) == (rules_files, priority, json)


def test_options_that_name_files_come_before_the_files_and_all_others_after(main: Path) -> None:
    other = main.parent / "other.yaml"
    other.write_text("priority: warning\njson_output: true\n")
    config = Config.load(main, ["priority=alert", f"config_files={other}"])
    assert (config.priority, config.json_output, config.folders) == ("alert", True, ())
    assert Config.load(None, [f"config_files[]={other}"]).files == (str(other),)


def test_groups_are_replaced_as_a_whole(main: Path) -> None:
    other = main.parent / "other.yaml"
    main.write_text(f"config_files: {other}\nfile_output: {{enabled: true, filename: /x}}\n")
    other.write_text("file_output: {filename: /y}\n")
    assert Config.load(main).file_output == FileSettings(filename="/y")


def test_missing_paths_are_skipped(main: Path) -> None:
    main.write_text("config_files: [/nowhere/a.yaml, /nowhere/b]\n")
    assert Config.load(main).files == (str(main),)


@pytest.mark.parametrize("content", ["config_files:\n", "config_files: []\n", "config_files: ~\n"])
def test_no_further_files(main: Path, content: str) -> None:
    main.write_text(content)
    assert Config.load(main).files == (str(main),)


def refused(path: Path, *options: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        Config.load(path, options)
    return caught.value


def test_circles_are_refused(main: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(main.parent)
    link = main.parent / "link.yaml"
    link.symlink_to(main)
    for name in ("main.yaml", "./main.yaml", str(main), "link.yaml"):
        main.write_text(f"json_output: true\nconfig_files: [{name}]\n")
        error = refused(Path("main.yaml"))
        assert "the file that contains it" in error.text
        assert error.span is not None
        assert error.span.line == 2


def test_a_file_that_vanishes_is_no_circle(main: Path) -> None:
    other = main.parent / "other.yaml"
    other.write_text("priority: warning\n")
    includes._refuse_circle(main.parent / "gone.yaml", str(other), None)
    with pytest.raises(ConfigError):
        includes._refuse_circle(other, str(other), None)


def test_further_files_name_no_others(main: Path) -> None:
    other = main.parent / "more" / "x.yaml"
    other.write_text("priority: error\nconfig_files: [y.yaml]\n")
    error = refused(main)
    assert "main file only" in error.text
    assert error.span is not None
    assert (error.span.file, error.span.line) == (str(other), 2)


def test_mistakes_are_shown_where_they_are(main: Path) -> None:
    other = main.parent / "more" / "x.yaml"
    main.write_text(main.read_text() + "append_output:\n- {extra_output: a}\n")
    other.write_text("append_output:\n- {extra_output: b}\n- {extra_outptu: c}\n")
    error = refused(main)
    assert error.text == "unknown key `append_output[2].extra_outptu`"
    assert error.span is not None
    assert (error.span.file, error.span.line) == (str(other), 3)
    other.write_text("priority: high\n")
    error = refused(main)
    assert error.span is not None
    assert (error.span.file, error.span.line) == (str(other), 1)
    assert refused(main, "priority=low").text == "`priority` cannot be `low`"


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        ("{path: x, strategy: apend}", "`config_files[0].strategy` cannot be `apend`"),
        ("{pth: x}", "unknown key `config_files[0].pth`"),
        ("{strategy: append}", "`config_files[0]` cannot be `dict`"),
        ("[x]", "`config_files[0]` cannot be `list`"),
        ("''", "`config_files[0]` cannot be ``"),
    ],
)
def test_malformed_entries(main: Path, entry: str, text: str) -> None:
    main.write_text(f"config_files: [{entry}]\n")
    assert refused(main).text == text


def test_files_that_cannot_be_read(main: Path) -> None:
    os.mkfifo(main.parent / "pipe")
    main.write_text(f"config_files: ['{main.parent}/pipe']\n")
    assert refused(main).code == "E602"
    main.write_text('config_files: ["a\\0b"]\n')
    assert Config.load(main).files == (str(main),)


def test_the_number_of_files_is_bounded(main: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(includes, "_MAX_FILES", 3)
    for name in "abc":
        (main.parent / "more" / f"{name}.yaml").write_text("")
    assert "at most 3 files" in refused(main).text


def test_a_text_becomes_the_first_item_of_a_list(main: Path) -> None:
    other = main.parent / "more" / "x.yaml"
    main.write_text(f"config_files: ['{other}']\nrules_files: a.yaml\n")
    other.write_text("rules_files: [b.yaml]\n")
    assert read_settings(main).tree["rules_files"] == ["a.yaml", "b.yaml"]
