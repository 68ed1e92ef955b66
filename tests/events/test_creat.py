# SPDX-License-Identifier: Apache-2.0
"""creat."""

from __future__ import annotations

import errno
from pathlib import Path

from support import native
from support.calls import call
from support.expect import device, inode, named, opened
from support.falco import Layer
from support.recorder import Live, private_mounts


def test_creates_a_file(live: Live, tmp_path: Path) -> None:
    path = tmp_path / "new"
    run = live.run(made := call("creat", path, 0o4755))
    (event,) = run.events("creat")
    assert event.params == {
        "fd": made.ret,
        "name": opened(path),
        "mode": 0o4755,
        "dev": device(path),
        "ino": inode(path),
        "creat_flags": 0,
    }


def test_name_is_a_directory(live: Live, tmp_path: Path) -> None:
    run = live.run(call("creat", tmp_path, 0o644))
    (event,) = run.events("creat")
    assert event.params == {
        "fd": -errno.EISDIR,
        "name": named(tmp_path),
        "mode": 0o644,
        "dev": 0,
        "ino": 0,
        "creat_flags": 0,
    }


def test_layer_of_an_overlay_file_system(live: Live, tmp_path: Path) -> None:
    lower, upper, work, merged = (tmp_path / name for name in ("lower", "upper", "work", "merged"))
    for directory in (lower, upper, work, merged):
        directory.mkdir()
    run = live.run(
        private_mounts(),
        call("mount", "overlay", merged, "overlay", 0, f"lowerdir={lower},upperdir={upper},workdir={work}"),
        made := call("creat", merged / "new", 0o600),
        call("umount2", merged, native.MNT_DETACH),
    )
    (event,) = run.events("creat")
    assert event.params == {
        "fd": made.ret,
        "name": opened(merged / "new"),
        "mode": 0o600,
        "dev": device(upper),
        "ino": inode(upper / "new"),
        "creat_flags": Layer.UPPER,
    }
