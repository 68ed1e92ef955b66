# SPDX-License-Identifier: Apache-2.0
"""mknodat."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from support.calls import call
from support.expect import found, named
from support.falco import AT_FDCWD
from support.recorder import Live


def test_makes_a_pipe(live: Live, tmp_path: Path) -> None:
    directory = call("open", tmp_path, os.O_RDONLY, 0)
    run = live.run(directory, call("mknodat", directory, "new", stat.S_IFIFO | 0o600, 0), cwd="/")
    (event,) = run.events("mknodat")
    assert event.params == {
        "res": 0,
        "dirfd": directory.ret,
        "path": found("new", tmp_path),
        "mode": stat.S_IFIFO | 0o600,
        "dev": 0,
    }
    assert event.fields["fd.num"] == directory.ret


def test_finds_no_directory(live: Live, tmp_path: Path) -> None:
    run = live.run(call("mknodat", AT_FDCWD, "missing/new", stat.S_IFSOCK | 0o600, 9), cwd=tmp_path)
    (event,) = run.events("mknodat")
    assert event.params == {
        "res": -errno.ENOENT,
        "dirfd": AT_FDCWD,
        "path": named("missing/new", tmp_path),
        "mode": stat.S_IFSOCK | 0o600,
        "dev": 9,
    }
