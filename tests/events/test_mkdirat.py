# SPDX-License-Identifier: Apache-2.0
"""mkdirat."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from support.calls import call
from support.expect import found, named
from support.falco import AT_FDCWD
from support.recorder import Live


def test_makes_a_directory(live: Live, tmp_path: Path) -> None:
    directory = call("open", tmp_path, os.O_RDONLY, 0)
    run = live.run(directory, call("mkdirat", directory, "new", 0o711), cwd="/")
    (event,) = run.events("mkdirat")
    assert (tmp_path / "new").is_dir()
    assert event.params == {"res": 0, "dirfd": directory.ret, "path": found("new", tmp_path), "mode": 0o711}


def test_parent_is_missing(live: Live, tmp_path: Path) -> None:
    path = tmp_path / "missing" / "new"
    run = live.run(call("mkdirat", AT_FDCWD, path, 0o755))
    (event,) = run.events("mkdirat")
    assert event.params == {"res": -errno.ENOENT, "dirfd": AT_FDCWD, "path": named(path), "mode": 0o755}
