# SPDX-License-Identifier: Apache-2.0
"""renameat."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from support.calls import call
from support.expect import found, named
from support.falco import AT_FDCWD
from support.recorder import Live


def test_renames_between_directories(live: Live, tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    target.mkdir()
    (source / "old").touch()
    olddir, newdir = call("open", source, os.O_RDONLY, 0), call("open", target, os.O_RDONLY, 0)
    run = live.run(olddir, newdir, call("renameat", olddir, "old", newdir, "new"))
    (event,) = run.events("renameat")
    assert event.params == {
        "res": 0,
        "olddirfd": olddir.ret,
        "oldpath": found("old", source),
        "newdirfd": newdir.ret,
        "newpath": found("new", target),
    }


def test_finds_no_file(live: Live, tmp_path: Path) -> None:
    run = live.run(call("renameat", AT_FDCWD, "missing", AT_FDCWD, tmp_path / "new"), cwd=tmp_path)
    (event,) = run.events("renameat")
    assert event.params == {
        "res": -errno.ENOENT,
        "olddirfd": AT_FDCWD,
        "oldpath": named("missing", tmp_path),
        "newdirfd": AT_FDCWD,
        "newpath": named(tmp_path / "new"),
    }
