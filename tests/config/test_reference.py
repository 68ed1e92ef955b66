# SPDX-License-Identifier: Apache-2.0
"""The reference page of the configuration."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from support.live import REPOSITORY

from tiercel.config.chart import CHART, VALUES_SCHEMA
from tiercel.config.falco_keys import CURRENT, PLUGINS, WITHOUT_EFFECT
from tiercel.config.keys import KEYS
from tiercel.config.reference import PAGE, configuration_markdown, falco_keys_table, main


def test_the_page_is_current(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update-golden"):
        main(["--root", str(REPOSITORY)])
    assert (REPOSITORY / PAGE).read_text() == configuration_markdown(), "python -m tiercel.config.reference writes it"


def test_the_table_for_users_of_falco(request: pytest.FixtureRequest) -> None:
    page = REPOSITORY / "docs/coming-from-falco.md"
    found = re.search(r"^\| key of Falco \| here \|\n(?:\|.*\n)*", page.read_text(), re.MULTILINE)
    assert found is not None
    if request.config.getoption("--update-golden"):
        page.write_text(page.read_text().replace(found[0], falco_keys_table()))
    else:
        assert found[0] == falco_keys_table(), "pytest --update-golden rewrites the table"


def test_the_table_has_each_key_of_falco_once() -> None:
    names = re.findall(r"`([\w.]+)`", "".join(line.split(" | ")[0] for line in falco_keys_table().splitlines()))
    assert sorted(names) == sorted(CURRENT)


def test_each_key_is_on_the_page() -> None:
    page = configuration_markdown()
    for name in {*CURRENT, *WITHOUT_EFFECT, *(key.name for key in KEYS)} - {*PLUGINS}:
        group = name.partition(".")[0]
        assert f"| `{name}` |" in page or f"| `{group}` |" in page, name


def test_it_is_written_and_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / PAGE
    schema = tmp_path / VALUES_SCHEMA
    page.parent.mkdir(parents=True)
    shutil.copytree(REPOSITORY / CHART, tmp_path / CHART)
    schema.write_text(schema.read_text().replace('"json_output"', '"jsn_output"'))
    assert main(["--check", "--root", str(tmp_path)]) == 1
    errors = capsys.readouterr().err
    assert f"{PAGE} does not fit the keys" in errors
    assert f"{VALUES_SCHEMA} does not fit the keys" in errors
    assert main(["--root", str(tmp_path)]) == 0
    assert page.read_text() == configuration_markdown()
    assert main(["--check", "--root", str(tmp_path)]) == 0
    page.write_text("other")
    assert main(["--check", "--root", str(tmp_path)]) == 1
