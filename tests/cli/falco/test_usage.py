# SPDX-License-Identifier: Apache-2.0
"""The help text, and the tables of the documentation."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tiercel import cli
from tiercel.cli.falco.options import OPTIONS
from tiercel.cli.falco.usage import options_table, removed_table, usage


@pytest.mark.parametrize("word", ["-h", "--help"])
def test_help(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["falco", word]) == 0
    text = capsys.readouterr().out
    assert text == usage()
    assert "Usage:" in text
    assert "falco [OPTION...]" in text


def test_each_option_begins_a_line() -> None:
    lines = usage().splitlines()
    for name in (name for flag in OPTIONS for name in flag.names):
        assert [line for line in lines if re.match(rf" +(?:-\w, |--[\w-]+, )?{name}(?:[ ,\[]|$)", line)], name
    assert max(map(len, lines)) <= 120


def test_tables_of_the_documentation(repository: Path, request: pytest.FixtureRequest) -> None:
    page = repository / "docs/coming-from-falco.md"
    text = page.read_text()
    update = request.config.getoption("--update-golden")
    for table in (options_table(), removed_table()):
        head = table.partition("\n")[0]
        found = re.search(rf"^{re.escape(head)}\n(?:\|.*\n)*", text, re.MULTILINE)
        assert found is not None, f"no table begins with {head}"
        if update:
            text = text.replace(found[0], table)
        else:
            assert found[0] == table, "pytest --update-golden rewrites the table"
    if update:
        page.write_text(text)
