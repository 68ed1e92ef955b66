# SPDX-License-Identifier: Apache-2.0
"""open: with the bare call, which glibc no longer makes."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from support.calls import call
from support.expect import NO_PATH, device, inode, named, opened
from support.falco import O
from support.recorder import Live


def test_creates_a_file(live: Live, tmp_path: Path) -> None:
    path = tmp_path / "new"
    run = live.run(made := call("open", path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o640))
    (event,) = run.events("open")
    assert made.ret >= 0
    assert event.params == {
        "fd": made.ret,
        "name": opened(path),
        "flags": O.CREAT | O.EXCL | O.WRONLY | O.F_CREATED,
        "mode": 0o640,
        "dev": device(path),
        "ino": inode(path),
    }


def test_reads_a_file(live: Live, tmp_path: Path) -> None:
    path = tmp_path / "there"
    path.touch()
    run = live.run(made := call("open", path, os.O_RDONLY | os.O_CLOEXEC, 0o777))
    (event,) = run.events("open")
    assert event.params == {
        "fd": made.ret,
        "name": opened(path),
        "flags": O.RDONLY | O.CLOEXEC,
        "mode": 0,  # the third argument means nothing here
        "dev": device(path),
        "ino": inode(path),
    }


def test_relative_to_the_current_directory(live: Live, tmp_path: Path) -> None:
    path = tmp_path / "there"
    path.touch()
    run = live.run(made := call("open", "there", os.O_RDWR | os.O_APPEND, 0), cwd=tmp_path)
    (event,) = run.events("open")
    assert event.params == {
        "fd": made.ret,
        "name": opened(path, "there", tmp_path),
        "flags": O.RDWR | O.APPEND,
        "mode": 0,
        "dev": device(path),
        "ino": inode(path),
    }


def test_finds_no_file(live: Live, tmp_path: Path) -> None:
    path = tmp_path / "missing"
    run = live.run(call("open", path, os.O_RDWR | os.O_TRUNC, 0))
    (event,) = run.events("open")
    assert event.params == {
        "fd": -errno.ENOENT,
        "name": named(path),
        "flags": O.RDWR | O.TRUNC,
        "mode": 0,
        "dev": 0,
        "ino": 0,
    }


def test_name_cannot_be_read(live: Live) -> None:
    run = live.run(call("open", 1, os.O_RDONLY, 0))
    (event,) = run.events("open")
    assert event.params == {"fd": -errno.EFAULT, "name": NO_PATH, "flags": O.RDONLY, "mode": 0, "dev": 0, "ino": 0}
