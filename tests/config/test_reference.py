# SPDX-License-Identifier: Apache-2.0
"""The reference page of the configuration."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.live import REPOSITORY

from tiercel.config.falco_keys import CURRENT, PLUGINS, WITHOUT_EFFECT
from tiercel.config.keys import KEYS
from tiercel.config.reference import PAGE, configuration_markdown, main


def test_the_page_is_current(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update-golden"):
        main(["--root", str(REPOSITORY)])
    assert (REPOSITORY / PAGE).read_text() == configuration_markdown(), "python -m tiercel.config.reference writes it"


def test_each_key_is_on_the_page() -> None:
    page = configuration_markdown()
    for name in {*CURRENT, *WITHOUT_EFFECT, *(key.name for key in KEYS)} - {*PLUGINS}:
        group = name.partition(".")[0]
        assert f"| `{name}` |" in page or f"| `{group}` |" in page, name


def test_it_is_written_and_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / PAGE
    page.parent.mkdir(parents=True)
    assert main(["--check", "--root", str(tmp_path)]) == 1
    assert "does not fit the keys" in capsys.readouterr().err
    assert main(["--root", str(tmp_path)]) == 0
    assert page.read_text() == configuration_markdown()
    assert main(["--check", "--root", str(tmp_path)]) == 0
    page.write_text("other")
    assert main(["--check", "--root", str(tmp_path)]) == 1
