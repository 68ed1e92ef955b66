# SPDX-License-Identifier: Apache-2.0
"""linkat."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from support import native
from support.calls import call
from support.expect import found, opened
from support.falco import AT_FDCWD, At
from support.recorder import Live


def test_links_what_a_link_leads_to(live: Live, tmp_path: Path) -> None:
    (tmp_path / "old").symlink_to("target")
    (tmp_path / "target").touch()
    directory = call("open", tmp_path, os.O_RDONLY, 0)
    made = call("linkat", directory, "old", AT_FDCWD, tmp_path / "new", native.AT_SYMLINK_FOLLOW)
    run = live.run(directory, made, cwd="/")
    (event,) = run.events("linkat")
    assert not (tmp_path / "new").is_symlink()
    assert event.params == {
        "res": 0,
        "olddir": directory.ret,
        "oldpath": opened(tmp_path / "target", "old", tmp_path),
        "newdir": AT_FDCWD,
        "newpath": found(tmp_path / "new"),
        "flags": At.SYMLINK_FOLLOW,
    }


def test_links_an_open_file(live: Live, tmp_path: Path) -> None:
    (tmp_path / "old").touch()
    file = call("open", tmp_path / "old", os.O_RDONLY, 0)
    run = live.run(file, call("linkat", file, "", AT_FDCWD, "new", native.AT_EMPTY_PATH), cwd=tmp_path)
    (event,) = run.events("linkat")
    assert event.params == {
        "res": 0,
        "olddir": file.ret,
        "oldpath": found("", tmp_path / "old"),
        "newdir": AT_FDCWD,
        "newpath": found("new", tmp_path),
        "flags": At.EMPTY_PATH,
    }


def test_new_name_is_taken(live: Live, tmp_path: Path) -> None:
    (tmp_path / "old").touch()
    run = live.run(call("linkat", AT_FDCWD, "old", AT_FDCWD, "old", 0), cwd=tmp_path)
    (event,) = run.events("linkat")
    assert event.params == {
        "res": -errno.EEXIST,
        "olddir": AT_FDCWD,
        "oldpath": found("old", tmp_path),
        "newdir": AT_FDCWD,
        "newpath": found("old", tmp_path),
        "flags": 0,
    }
