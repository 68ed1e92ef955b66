# SPDX-License-Identifier: Apache-2.0
"""openat."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from support import native
from support.calls import call, hold
from support.expect import device, inode, named, opened
from support.falco import AT_FDCWD, O
from support.native import O_LARGEFILE, O_TMPFILE
from support.recorder import Live, private_mounts


def test_creates_a_file(live: Live, tmp_path: Path) -> None:
    path = tmp_path / "new"
    run = live.run(made := call("openat", AT_FDCWD, path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    (event,) = run.events("openat")
    assert event.params == {
        "fd": made.ret,
        "dirfd": AT_FDCWD,
        "name": opened(path),
        "flags": O.CREAT | O.WRONLY | O.CLOEXEC | O.F_CREATED,
        "mode": 0o600,
        "dev": device(path),
        "ino": inode(path),
    }


def test_relative_to_an_open_directory(live: Live, tmp_path: Path) -> None:
    path = tmp_path / "there"
    path.touch()
    directory = call("openat", AT_FDCWD, tmp_path, os.O_RDONLY | os.O_DIRECTORY, 0)
    run = live.run(directory, made := call("openat", directory, "there", os.O_RDONLY, 0), cwd="/")
    _, event = run.events("openat")
    assert event.params == {
        "fd": made.ret,
        "dirfd": directory.ret,
        "name": opened(path, "there", tmp_path),
        "flags": O.RDONLY,
        "mode": 0,
        "dev": device(path),
        "ino": inode(path),
    }


def test_relative_to_the_current_directory(live: Live, tmp_path: Path) -> None:
    (tmp_path / "there").touch()
    run = live.run(made := call("openat", AT_FDCWD, "./there", os.O_RDONLY, 0), cwd=tmp_path)
    (event,) = run.events("openat")
    assert event.params == {
        "fd": made.ret,
        "dirfd": AT_FDCWD,
        "name": opened(tmp_path / "there", "./there", tmp_path),
        "flags": O.RDONLY,
        "mode": 0,
        "dev": device(tmp_path / "there"),
        "ino": inode(tmp_path / "there"),
    }


def test_creates_a_file_without_a_name(live: Live, tmp_path: Path) -> None:
    run = live.run(made := call("openat", AT_FDCWD, tmp_path, O_TMPFILE | os.O_RDWR, 0o600))
    (event,) = run.events("openat")
    assert made.ret >= 0
    name = event.params["name"]
    assert event.params == {
        "fd": made.ret,
        "dirfd": AT_FDCWD,
        "name": opened(f"{tmp_path}/#{event.params['ino']}", tmp_path),
        "flags": O.RDWR | O.TMPFILE | O.DIRECTORY,
        "mode": 0o600,
        "dev": device(tmp_path),
        "ino": event.params["ino"],
    }
    assert name.real.removeprefix(f"{tmp_path}/#").isdigit()


def test_finds_no_file(live: Live, tmp_path: Path) -> None:
    path = tmp_path / "missing" / "file"
    run = live.run(call("openat", AT_FDCWD, path, os.O_CREAT | os.O_WRONLY, 0o644))
    (event,) = run.events("openat")
    assert event.params == {
        "fd": -errno.ENOENT,
        "dirfd": AT_FDCWD,
        "name": named(path),
        "flags": O.CREAT | O.WRONLY,
        "mode": 0o644,
        "dev": 0,
        "ino": 0,
    }


def test_directory_is_not_open(live: Live) -> None:
    run = live.run(call("openat", 987, "file", os.O_RDONLY, 0))
    (event,) = run.events("openat")
    assert event.params == {
        "fd": -errno.EBADF,
        "dirfd": 987,
        "name": named("file"),
        "flags": O.RDONLY,
        "mode": 0,
        "dev": 0,
        "ino": 0,
    }


@pytest.mark.parametrize(
    ("native", "flags"),
    [
        (os.O_RDONLY, O.RDONLY),
        (os.O_WRONLY, O.WRONLY),
        (os.O_RDWR, O.RDWR),
        (os.O_RDONLY | os.O_NONBLOCK, O.RDONLY | O.NONBLOCK),
        (os.O_WRONLY | os.O_APPEND, O.WRONLY | O.APPEND),
        (os.O_WRONLY | os.O_TRUNC, O.WRONLY | O.TRUNC),
        (os.O_WRONLY | os.O_SYNC, O.WRONLY | O.SYNC | O.DSYNC),
        (os.O_WRONLY | os.O_DSYNC, O.WRONLY | O.SYNC | O.DSYNC),  # they share a bit
        (os.O_RDONLY | os.O_DIRECT, O.RDONLY | O.DIRECT),
        (os.O_RDONLY | O_LARGEFILE, O.RDONLY | O.LARGEFILE),
        (os.O_RDONLY | os.O_CLOEXEC, O.RDONLY | O.CLOEXEC),
        (os.O_RDONLY | os.O_NOFOLLOW | os.O_NOATIME, O.RDONLY),  # Falco has no name for these
    ],
)
def test_flags(live: Live, tmp_path: Path, native: int, flags: int) -> None:
    path = tmp_path / "there"
    path.touch()
    run = live.run(call("openat", AT_FDCWD, path, native, 0))
    (event,) = run.events("openat")
    assert event.params["flags"] == flags


def test_directory_flag_also_shows_as_a_file_without_a_name(live: Live, tmp_path: Path) -> None:
    run = live.run(call("openat", AT_FDCWD, tmp_path, os.O_RDONLY | os.O_DIRECTORY, 0o700))
    (event,) = run.events("openat")
    assert event.params["flags"] == O.RDONLY | O.DIRECTORY | O.TMPFILE
    assert event.params["mode"] == 0o700


def test_layers_of_an_overlay_file_system(live: Live, tmp_path: Path) -> None:
    """Device and inode are those of the file in the upper layer, if it is there, else as the process sees them."""
    lower, upper, work, merged = (tmp_path / name for name in ("lower", "upper", "work", "merged"))
    for directory in (lower, upper, work, merged):
        directory.mkdir()
    (lower / "below").touch()
    (upper / "above").touch()
    steps = (
        private_mounts(),
        call("mount", "overlay", merged, "overlay", 0, f"lowerdir={lower},upperdir={upper},workdir={work}"),
        first := call("openat", AT_FDCWD, merged / "below", os.O_RDONLY, 0),
        second := call("openat", AT_FDCWD, merged / "above", os.O_RDONLY, 0),
        pause := hold(),
        call("umount2", merged, native.MNT_DETACH),
    )
    with live.start(*steps) as run:
        run.until(pause)
        seen = f"/proc/{run.pid}/root{merged}/below"
        seen_device, seen_inode = device(seen), inode(seen)
    below, above = (event.params for event in run.events("openat"))
    common = {"dirfd": AT_FDCWD, "mode": 0}
    assert below == common | {
        "fd": first.ret,
        "name": opened(merged / "below"),
        "flags": O.RDONLY | O.LOWER_LAYER,
        "dev": seen_device,
        "ino": seen_inode,
    }
    assert above == common | {
        "fd": second.ret,
        "name": opened(merged / "above"),
        "flags": O.RDONLY | O.UPPER_LAYER,
        "dev": device(upper),
        "ino": inode(upper / "above"),
    }
