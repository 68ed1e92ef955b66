# SPDX-License-Identifier: Apache-2.0
"""rename."""

from __future__ import annotations

import errno
from pathlib import Path

from support.calls import call
from support.expect import NO_PATH, found, named
from support.recorder import Live


def test_renames(live: Live, tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.touch()
    run = live.run(call("rename", old, new))
    (event,) = run.events("rename")
    assert new.exists()
    assert event.params == {"res": 0, "oldpath": found(old), "newpath": found(new)}


def test_relative_to_the_current_directory(live: Live, tmp_path: Path) -> None:
    (tmp_path / "old").touch()
    run = live.run(call("rename", "old", "./new"), cwd=tmp_path)
    (event,) = run.events("rename")
    assert event.params == {"res": 0, "oldpath": found("old", tmp_path), "newpath": found("./new", tmp_path)}


def test_finds_no_file(live: Live, tmp_path: Path) -> None:
    run = live.run(call("rename", tmp_path / "missing", tmp_path / "new"))
    (event,) = run.events("rename")
    assert event.params == {
        "res": -errno.ENOENT,
        "oldpath": named(tmp_path / "missing"),
        "newpath": named(tmp_path / "new"),
    }


def test_name_cannot_be_read(live: Live, tmp_path: Path) -> None:
    run = live.run(call("rename", tmp_path, 1))
    (event,) = run.events("rename")
    assert event.params == {"res": -errno.EFAULT, "oldpath": named(tmp_path), "newpath": NO_PATH}
