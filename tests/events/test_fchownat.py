# SPDX-License-Identifier: Apache-2.0
"""fchownat."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from support import native
from support.calls import call
from support.expect import found, named
from support.falco import AT_FDCWD, At
from support.recorder import Live


def test_sets_both(live: Live, tmp_path: Path) -> None:
    (tmp_path / "there").touch()
    directory = call("open", tmp_path, os.O_RDONLY, 0)
    run = live.run(directory, call("fchownat", directory, "there", 12, 34, 0), cwd="/")
    (event,) = run.events("fchownat")
    assert event.params == {
        "res": 0,
        "dirfd": directory.ret,
        "pathname": found("there", tmp_path),
        "uid": 12,
        "gid": 34,
        "flags": 0,
    }


def test_open_file(live: Live, tmp_path: Path) -> None:
    (tmp_path / "there").touch()
    file = call("open", tmp_path / "there", os.O_RDONLY, 0)
    run = live.run(file, call("fchownat", file, "", 1, 2, native.AT_EMPTY_PATH))
    (event,) = run.events("fchownat")
    assert event.params == {
        "res": 0,
        "dirfd": file.ret,
        "pathname": found("", tmp_path / "there"),
        "uid": 1,
        "gid": 2,
        "flags": At.EMPTY_PATH,
    }


@pytest.mark.parametrize(
    ("passed", "flags"),
    [
        # Falco's table has the first, which the call does not know, under the name of the second.
        (native.AT_SYMLINK_FOLLOW, At.SYMLINK_FOLLOW),
        (native.AT_SYMLINK_NOFOLLOW, 0),
    ],
)
def test_fails(live: Live, tmp_path: Path, passed: int, flags: int) -> None:
    run = live.run(call("fchownat", AT_FDCWD, tmp_path / "missing", 0, 0, passed))
    (event,) = run.events("fchownat")
    assert event.params == {
        "res": -errno.EINVAL if flags else -errno.ENOENT,
        "dirfd": AT_FDCWD,
        "pathname": named(tmp_path / "missing"),
        "uid": 0,
        "gid": 0,
        "flags": flags,
    }
