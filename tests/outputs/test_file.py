# SPDX-License-Identifier: Apache-2.0
"""Alerts to a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tiercel.errors import OutputError
from tiercel.outputs import FileOutput
from tiercel.schema.alert_formats import AlertFormat


class Line:
    def render(self, format: AlertFormat) -> str:
        return "text" if format == "text" else "{}"


@pytest.mark.parametrize("keep_open", [True, False])
def test_alerts_are_appended(tmp_path: Path, keep_open: bool) -> None:
    path = tmp_path / "alerts"
    path.write_text("before\n")
    output = FileOutput(path, keep_open=keep_open)
    output.send(Line())
    output.send(Line())
    assert path.read_text() == "before\ntext\ntext\n"
    output.close()
    output.close()


def test_json_in_a_new_file_that_not_everybody_may_read(tmp_path: Path) -> None:
    path = tmp_path / "alerts"
    output = FileOutput(path, format="falco")
    output.send(Line())
    output.close()
    assert path.read_text() == "{}\n"
    assert path.stat().st_mode & 0o007 == 0


def test_a_file_that_is_moved_away(tmp_path: Path) -> None:
    path = tmp_path / "alerts"
    output = FileOutput(path, keep_open=False)
    output.send(Line())
    path.rename(tmp_path / "alerts.1")
    output.send(Line())
    assert path.read_text() == (tmp_path / "alerts.1").read_text() == "text\n"


def test_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="No such file or directory") as caught:
        FileOutput(tmp_path / "none" / "alerts")
    assert caught.value.code == "E801"
