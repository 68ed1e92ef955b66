# SPDX-License-Identifier: Apache-2.0
"""Alerts to a file."""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import Any

import pytest
from support.full_disk import no_file_beyond

from tiercel.errors import OutputError, UsageError
from tiercel.outputs import FileOutput
from tiercel.outputs.base import DeliveryError
from tiercel.outputs.dispatch import Delivery
from tiercel.outputs.rotation import Rotation
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


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


class Numbered:
    """Alert with a line of ten bytes."""

    def __init__(self, number: int) -> None:
        self.number = number

    def render(self, _: AlertFormat) -> str:
        return f"alert {self.number:3}"


def sent(output: FileOutput, count: int, batch: int) -> None:
    alerts = [Numbered(number) for number in range(count)]
    for at in range(0, count, batch):
        output.send_batch(alerts[at : at + batch])
    output.close()


def lines_of(folder: Path) -> list[str]:
    """Return the lines of all files, oldest first."""
    found: list[str] = []
    for name in sorted(names(folder), key=lambda name: -int(name.split(".")[1]) if "." in name else 1):
        raw = (folder / name).read_bytes()
        found += (gzip.decompress(raw) if name.endswith(".gz") else raw).decode().splitlines()
    return found


@pytest.mark.parametrize("keep_open", [True, False])
@pytest.mark.parametrize("compress", [True, False])
@pytest.mark.parametrize("batch", [1, 7, 50])
def test_rotation_by_size(tmp_path: Path, keep_open: bool, compress: bool, batch: int) -> None:
    path = tmp_path / "alerts"
    output = FileOutput(path, keep_open=keep_open, rotate_bytes=45, rotate_keep=20, rotate_compress=compress)
    sent(output, 50, batch)
    assert lines_of(tmp_path) == [f"alert {number:3}" for number in range(50)]
    assert len(names(tmp_path)) == 13  # four lines each
    assert all(file.stat().st_size <= 45 or compress for file in tmp_path.iterdir())
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in tmp_path.iterdir())


def test_the_number_of_old_files_is_bounded(tmp_path: Path) -> None:
    sent(FileOutput(tmp_path / "alerts", rotate_bytes=10, rotate_keep=2), 9, 9)
    assert lines_of(tmp_path) == ["alert   6", "alert   7", "alert   8"]


def test_a_line_longer_than_the_limit_has_a_file_of_its_own(tmp_path: Path) -> None:
    sent(FileOutput(tmp_path / "alerts", rotate_bytes=3), 3, 3)
    assert names(tmp_path) == ["alerts", "alerts.1", "alerts.2"]


def test_rotation_by_time_also_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "alerts"
    path.write_text("old\n")
    os.utime(path, (1, 1))
    output = FileOutput(path, rotate_every=1e8)
    output.send_batch([Numbered(1)])
    output.send_batch([Numbered(2)])
    output.close()
    assert (tmp_path / "alerts.1").read_text() == "old\n"
    assert path.read_text() == "alert   1\nalert   2\n"
    FileOutput(path, rotate_every=1e8).send_batch([Numbered(3)])
    assert names(tmp_path) == ["alerts", "alerts.1"]


def test_a_file_that_another_program_has_renamed_is_not_renamed_again(tmp_path: Path) -> None:
    path = tmp_path / "alerts"
    output = FileOutput(path, rotate_bytes=15)
    output.send(Numbered(1))
    path.rename(tmp_path / "other.1")
    path.write_text("new\n")
    output.send(Numbered(2))
    output.close()
    assert path.read_text() == "new\nalert   2\n"
    assert names(tmp_path) == ["alerts", "other.1"]


def test_a_rotation_that_fails_loses_nothing_and_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "alerts"
    (tmp_path / "alerts.1").mkdir()
    errors: list[OutputError] = []
    delivery = Delivery([FileOutput(path, rotate_bytes=15, rotate_keep=1)], errors.append)
    delivery.send([Numbered(number) for number in range(5)])
    delivery.close()
    assert path.read_text().splitlines() == [f"alert {number:3}" for number in range(5)]
    assert (delivery.delivered, delivery.failures) == (5, 0)
    (error,) = errors
    assert "rotation failed: Is a directory; the alerts are written" in str(error)


def test_a_rotation_that_fails_is_not_repeated_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    attempts: list[Rotation] = []

    def refuse(rotation: Rotation) -> None:
        attempts.append(rotation)
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Rotation, "rotate", refuse)
    output = FileOutput(tmp_path / "alerts", rotate_bytes=15)
    with pytest.raises(DeliveryError, match="Operation not permitted") as caught:
        output.send_batch([Numbered(number) for number in range(5)])
    assert (caught.value.delivered, len(attempts)) == (5, 1)
    output.send_batch([Numbered(number) for number in range(5)])
    assert len(attempts) == 1
    output.close()


def test_a_full_disk_loses_whole_lines_and_counts_them(tmp_path: Path) -> None:
    path = tmp_path / "alerts"
    errors: list[OutputError] = []
    delivery = Delivery([FileOutput(path)], errors.append)
    with no_file_beyond(25):
        delivery.send([Numbered(number) for number in range(4)])
    delivery.send([Numbered(7)])
    delivery.close()
    assert path.read_text().splitlines() == ["alert   0", "alert   1", "alert   7"]
    assert (delivery.delivered, delivery.failures, len(errors)) == (3, 2, 1)


@pytest.mark.parametrize("kind", ["link", "fifo"])
def test_only_files_have_a_rotation(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "alerts"
    reader = -1
    if kind == "link":
        path.symlink_to(tmp_path / "target")
    else:
        os.mkfifo(path)
        reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with pytest.raises(OutputError, match="rotation") as caught:
        FileOutput(path, rotate_bytes=100)
    assert caught.value.code == "E801"
    if reader >= 0:
        os.close(reader)


@pytest.mark.parametrize("wrong", [{"rotate_bytes": -1}, {"rotate_every": -1.0}, {"rotate_keep": 0}])
def test_wrong_limits(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as caught:
        FileOutput(tmp_path / "alerts", **wrong)
    assert caught.value.code == "E607"


def test_reopening_begins_a_new_file_after_a_rename(tmp_path: Path) -> None:
    path = tmp_path / "alerts"
    output = FileOutput(path, rotate_bytes=1000)
    output.send(Numbered(1))
    path.rename(tmp_path / "old")
    output.reopen()
    output.send(Numbered(2))
    output.close()
    assert path.read_text() == "alert   2\n"
