# SPDX-License-Identifier: Apache-2.0
"""umount. Only the 32-bit table has it."""

from __future__ import annotations

import errno
from pathlib import Path

from support.calls import call, call32
from support.expect import found
from support.recorder import Live, private_mounts

UMOUNT = 22


def test_unmounts(live: Live, tmp_path: Path) -> None:
    run = live.run(
        private_mounts(),
        call("mount", "none", tmp_path, "tmpfs", 0, "size=4k"),
        call32(UMOUNT, tmp_path),
    )
    (event,) = run.events("umount")
    assert event.params == {"res": 0, "name": found(tmp_path)}


def test_nothing_is_mounted(live: Live, tmp_path: Path) -> None:
    run = live.run(call32(UMOUNT, "."), cwd=tmp_path)
    (event,) = run.events("umount")
    assert event.params == {"res": -errno.EINVAL, "name": found(".", tmp_path)}
