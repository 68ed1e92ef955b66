# SPDX-License-Identifier: Apache-2.0
"""chroot."""

from __future__ import annotations

import errno
from pathlib import Path

from support.calls import call
from support.expect import named, opened
from support.recorder import Live


def test_has_another_root(live: Live, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("there")
    (tmp_path / "there").mkdir()
    run = live.run(call("chroot", tmp_path / "link"), call("chroot", "/"))
    assert [event.params for event in run.events("chroot")] == [
        {"res": 0, "path": opened(tmp_path / "there", tmp_path / "link")},
        {"res": 0, "path": opened(tmp_path / "there", "/")},
    ]


def test_is_no_directory(live: Live, tmp_path: Path) -> None:
    (tmp_path / "there").touch()
    run = live.run(call("chroot", "there"), call("setuid", 99), call("chroot", "/"), cwd=tmp_path)
    assert [event.params for event in run.events("chroot")] == [
        {"res": -errno.ENOTDIR, "path": named("there", tmp_path)},
        {"res": -errno.EPERM, "path": opened("/")},
    ]
