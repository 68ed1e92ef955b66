# SPDX-License-Identifier: Apache-2.0
"""renameat2."""

from __future__ import annotations

import errno
from pathlib import Path

from support import native
from support.calls import call
from support.expect import found
from support.falco import AT_FDCWD
from support.recorder import Live


def test_exchanges(live: Live, tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.touch()
    new.mkdir()
    run = live.run(call("renameat2", AT_FDCWD, old, AT_FDCWD, new, native.RENAME_EXCHANGE))
    (event,) = run.events("renameat2")
    assert old.is_dir()
    assert event.params == {
        "res": 0,
        "olddirfd": AT_FDCWD,
        "oldpath": found(old),
        "newdirfd": AT_FDCWD,
        "newpath": found(new),
        "flags": 2,
    }


def test_replaces_nothing(live: Live, tmp_path: Path) -> None:
    (tmp_path / "old").touch()
    (tmp_path / "new").touch()
    run = live.run(call("renameat2", AT_FDCWD, "old", AT_FDCWD, "new", native.RENAME_NOREPLACE), cwd=tmp_path)
    (event,) = run.events("renameat2")
    assert event.params == {
        "res": -errno.EEXIST,
        "olddirfd": AT_FDCWD,
        "oldpath": found("old", tmp_path),
        "newdirfd": AT_FDCWD,
        "newpath": found("new", tmp_path),
        "flags": 1,
    }
