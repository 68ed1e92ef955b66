# SPDX-License-Identifier: Apache-2.0
"""umount2: in a mount namespace of its own."""

from __future__ import annotations

import errno
from pathlib import Path

from support import native
from support.calls import call
from support.expect import found
from support.falco import Umount
from support.recorder import Live, private_mounts


def test_unmounts(live: Live, tmp_path: Path) -> None:
    run = live.run(
        private_mounts(),
        call("mount", "none", tmp_path, "tmpfs", 0, "size=4k"),
        call("umount2", tmp_path, native.MNT_DETACH | native.UMOUNT_NOFOLLOW),
    )
    (event,) = run.events("umount2")
    assert event.params == {"res": 0, "name": found(tmp_path), "flags": Umount.DETACH | Umount.NOFOLLOW}


def test_nothing_is_mounted(live: Live, tmp_path: Path) -> None:
    run = live.run(call("umount2", ".", 0), cwd=tmp_path)
    (event,) = run.events("umount2")
    assert event.params == {"res": -errno.EINVAL, "name": found(".", tmp_path), "flags": 0}
