# SPDX-License-Identifier: Apache-2.0
"""Log lines with Falco's time stamps."""

from __future__ import annotations

import re

import pytest

from tiercel.cli.falco.log import Log, say_error


@pytest.mark.parametrize(
    ("tree", "lines"),
    [
        ({}, ["one", "two"]),
        ({"log_level": "warning"}, ["two"]),
        ({"log_level": "error"}, []),
        ({"log_stderr": "false"}, []),
        ({"log_level": "nonsense"}, ["one", "two"]),
    ],
    ids=str,
)
def test_level(tree: dict[str, str], lines: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    log = Log.of(tree)
    log.info("one")
    log.warning("two")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert [line.rpartition(": ")[2] for line in captured.err.splitlines()] == lines


def test_times(capsys: pytest.CaptureFixture[str]) -> None:
    Log.of({}).info("here\n")
    assert re.fullmatch(r"\w{3} \w{3} \d\d \d\d:\d\d:\d\d \d{4}: here\\n\n", capsys.readouterr().err)
    Log.of({"time_format_iso_8601": "true"}).info("there")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000: there\n", capsys.readouterr().err)


def test_errors_show_hidden_characters(capsys: pytest.CaptureFixture[str]) -> None:
    say_error("a\x1b[2J\nb")
    assert capsys.readouterr().err == "Error: a\\x1b[2J\nb\n"
