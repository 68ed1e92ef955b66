# SPDX-License-Identifier: Apache-2.0
"""mount: in a mount namespace of its own."""

from __future__ import annotations

import errno
from pathlib import Path

from support import native
from support.calls import call
from support.expect import found, named
from support.falco import Mount
from support.recorder import Live, private_mounts


def test_mounts(live: Live, tmp_path: Path) -> None:
    options = native.MS_NOSUID | native.MS_NOEXEC
    run = live.run(
        private_mounts(),
        call("mount", "none", tmp_path, "tmpfs", options, "size=4k"),
        call("umount2", tmp_path, 0),
    )
    *_, event = run.events("mount")
    assert event.params == {
        "res": 0,
        "dev": "none",
        "dir": found(tmp_path),
        "type": "tmpfs",
        "flags": Mount.NOSUID | Mount.NOEXEC,
    }


def test_magic_number_of_old_is_not_a_flag(live: Live, tmp_path: Path) -> None:
    run = live.run(
        private_mounts(),
        call("mount", "none", "there", "tmpfs", native.MS_MGC_VAL | native.MS_RDONLY, None),
        cwd=tmp_path,
    )
    *_, event = run.events("mount")
    assert event.params == {
        "res": -errno.ENOENT,
        "dev": "none",
        "dir": named("there", tmp_path),
        "type": "tmpfs",
        "flags": Mount.RDONLY,
    }


def test_binds_without_a_type(live: Live, tmp_path: Path) -> None:
    run = live.run(
        private_mounts(),
        call("mount", "/etc", tmp_path, None, native.MS_BIND | native.MS_REC, None),
        call("umount2", tmp_path, 0),
    )
    *_, event = run.events("mount")
    assert event.params == {
        "res": 0,
        "dev": "/etc",
        "dir": found(tmp_path),
        "type": None,
        "flags": Mount.BIND | Mount.REC,
    }
