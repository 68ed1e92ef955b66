# SPDX-License-Identifier: Apache-2.0
"""Numbered old files."""

from __future__ import annotations

import gzip
import os
import stat
from pathlib import Path

import pytest

from tiercel.outputs.rotation import Rotation


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def rotated(rotation: Rotation, path: Path, *texts: str) -> None:
    for text in texts:
        path.write_text(text)
        rotation.rotate()
        rotation.compress()


def test_numbers_and_the_end_of_the_oldest(tmp_path: Path) -> None:
    path = tmp_path / "alerts"
    rotated(Rotation(str(path), 2, compress=False), path, "a", "b", "c")
    assert names(tmp_path) == ["alerts.1", "alerts.2"]
    assert [(tmp_path / name).read_text() for name in names(tmp_path)] == ["c", "b"]


def test_compression_and_a_change_to_it(tmp_path: Path) -> None:
    path = tmp_path / "alerts"
    rotated(Rotation(str(path), 3, compress=False), path, "a")
    packed = Rotation(str(path), 3, compress=True)
    rotated(packed, path, "b" * 100_000, "c")
    packed.close()
    assert names(tmp_path) == ["alerts.1.gz", "alerts.2.gz", "alerts.3"]
    assert gzip.decompress((tmp_path / "alerts.2.gz").read_bytes()) == b"b" * 100_000
    assert stat.S_IMODE((tmp_path / "alerts.1.gz").stat().st_mode) == 0o600
    assert packed.take_error() is None
    rotated(packed, path, "d", "e", "f")
    packed.close()
    assert names(tmp_path) == ["alerts.1.gz", "alerts.2.gz", "alerts.3.gz"]


def test_links_are_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    path = tmp_path / "alerts"
    for suffix in (".1", ".1.gz.part", ".2.gz"):
        (tmp_path / f"alerts{suffix}").symlink_to(secret)
    packed = Rotation(str(path), 2, compress=True)
    rotated(packed, path, "a", "b")
    packed.close()
    assert secret.read_text() == "secret"
    assert {path.name for path in tmp_path.iterdir() if path.is_symlink()} == set()


def test_a_file_that_vanishes_before_its_compression_is_reported_once(tmp_path: Path) -> None:
    path = tmp_path / "alerts"
    packed = Rotation(str(path), 2, compress=True)
    path.write_text("a")
    packed.rotate()
    (tmp_path / "alerts.1").unlink()
    packed.compress()
    packed.close()
    assert isinstance(packed.take_error(), FileNotFoundError)
    assert packed.take_error() is None
    assert names(tmp_path) == []


def test_a_link_in_place_of_the_old_file_is_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    path = tmp_path / "alerts"
    packed = Rotation(str(path), 2, compress=True)
    path.write_text("a")
    packed.rotate()
    (tmp_path / "alerts.1").unlink()
    (tmp_path / "alerts.1").symlink_to(secret)
    packed.compress()
    packed.close()
    assert packed.take_error() is not None
    assert names(tmp_path) == ["alerts.1", "secret"]


def test_a_fifo_in_place_of_the_old_file_blocks_nothing(tmp_path: Path) -> None:
    path = tmp_path / "alerts"
    packed = Rotation(str(path), 2, compress=True)
    path.write_text("a")
    packed.rotate()
    (tmp_path / "alerts.1").unlink()
    os.mkfifo(tmp_path / "alerts.1")
    packed.compress()
    packed.close()
    assert packed.take_error() is not None
    assert names(tmp_path) == ["alerts.1"]


def test_what_cannot_be_removed_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "alerts"
    path.write_text("a")
    (tmp_path / "alerts.1").mkdir()
    with pytest.raises(OSError, match="directory"):
        Rotation(str(path), 1, compress=False).rotate()
    assert path.read_text() == "a"


def test_the_child_of_a_fork_does_not_wait(tmp_path: Path) -> None:
    path = tmp_path / "alerts"
    packed = Rotation(str(path), 2, compress=True)
    rotated(packed, path, "a" * 1_000_000)
    pid = os.fork()
    if pid == 0:
        packed.close()
        os._exit(7)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
    packed.close()
    assert names(tmp_path) == ["alerts.1.gz"]
