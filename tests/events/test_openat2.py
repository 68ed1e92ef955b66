# SPDX-License-Identifier: Apache-2.0
"""openat2."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from support import native
from support.calls import call
from support.expect import device, inode, named, opened
from support.falco import AT_FDCWD, O, Resolve
from support.native import open_how
from support.recorder import Live

SIZE = len(open_how(0))


def test_creates_a_file_beneath_a_directory(live: Live, tmp_path: Path) -> None:
    path = tmp_path / "new"
    directory = call("open", tmp_path, os.O_RDONLY, 0)
    how = open_how(os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o604, native.RESOLVE_BENEATH)
    run = live.run(directory, made := call("openat2", directory, "new", how, SIZE), cwd="/")
    (event,) = run.events("openat2")
    assert event.params == {
        "fd": made.ret,
        "dirfd": directory.ret,
        "name": opened(path, "new", tmp_path),
        "flags": O.CREAT | O.RDWR | O.CLOEXEC | O.F_CREATED,
        "mode": 0o604,
        "resolve": Resolve.BENEATH,
        "dev": device(path),
        "ino": inode(path),
    }


def test_link_is_refused(live: Live, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to("/etc/passwd")
    run = live.run(call("openat2", AT_FDCWD, link, open_how(os.O_RDONLY, 0, native.RESOLVE_NO_SYMLINKS), SIZE))
    (event,) = run.events("openat2")
    assert event.params == {
        "fd": -errno.ELOOP,
        "dirfd": AT_FDCWD,
        "name": named(link),
        "flags": O.RDONLY,
        "mode": 0,
        "resolve": Resolve.NO_SYMLINKS,
        "dev": 0,
        "ino": 0,
    }


def test_how_cannot_be_read(live: Live) -> None:
    run = live.run(call("openat2", AT_FDCWD, "/etc/passwd", 1, SIZE))
    (event,) = run.events("openat2")
    assert event.params == {
        "fd": -errno.EFAULT,
        "dirfd": AT_FDCWD,
        "name": named("/etc/passwd"),
        "flags": O.RDONLY,
        "mode": 0,
        "resolve": 0,
        "dev": 0,
        "ino": 0,
    }


@pytest.mark.parametrize(
    ("passed", "resolve"),
    [
        (native.RESOLVE_NO_XDEV, Resolve.NO_XDEV),
        (native.RESOLVE_NO_MAGICLINKS, Resolve.NO_MAGICLINKS),
        (native.RESOLVE_NO_SYMLINKS, Resolve.NO_SYMLINKS),
        (native.RESOLVE_BENEATH, Resolve.BENEATH),
        (native.RESOLVE_IN_ROOT, Resolve.IN_ROOT),
    ],
)
def test_resolve_flags(live: Live, tmp_path: Path, passed: int, resolve: int) -> None:
    run = live.run(call("openat2", AT_FDCWD, ".", open_how(os.O_RDONLY, 0, passed), SIZE), cwd=tmp_path)
    (event,) = run.events("openat2")
    assert event.params["resolve"] == resolve
