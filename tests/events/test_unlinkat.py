# SPDX-License-Identifier: Apache-2.0
"""unlinkat."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from support.calls import call
from support.expect import found
from support.falco import AT_FDCWD, At
from support.native import AT_REMOVEDIR
from support.recorder import Live


def test_removes_a_file(live: Live, tmp_path: Path) -> None:
    (tmp_path / "there").touch()
    directory = call("open", tmp_path, os.O_RDONLY, 0)
    run = live.run(directory, call("unlinkat", directory, "there", 0), cwd="/")
    (event,) = run.events("unlinkat")
    assert event.params == {"res": 0, "dirfd": directory.ret, "name": found("there", tmp_path), "flags": 0}


def test_removes_a_directory(live: Live, tmp_path: Path) -> None:
    path = tmp_path / "there"
    path.mkdir()
    run = live.run(call("unlinkat", AT_FDCWD, path, AT_REMOVEDIR))
    (event,) = run.events("unlinkat")
    assert event.params == {"res": 0, "dirfd": AT_FDCWD, "name": found(path), "flags": At.REMOVEDIR}


def test_directory_needs_the_flag(live: Live, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    run = live.run(call("unlinkat", AT_FDCWD, "there", 0), cwd=tmp_path)
    (event,) = run.events("unlinkat")
    assert event.params == {"res": -errno.EISDIR, "dirfd": AT_FDCWD, "name": found("there", tmp_path), "flags": 0}
