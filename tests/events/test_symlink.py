# SPDX-License-Identifier: Apache-2.0
"""symlink."""

from __future__ import annotations

import errno
from pathlib import Path

from support.calls import call
from support.expect import found, named
from support.recorder import Live


def test_links(live: Live, tmp_path: Path) -> None:
    link = tmp_path / "link"
    run = live.run(call("symlink", "../some/where", link))
    (event,) = run.events("symlink")
    assert link.is_symlink()
    assert event.params == {"res": 0, "target": "../some/where", "linkpath": found(link)}


def test_name_is_taken(live: Live, tmp_path: Path) -> None:
    (tmp_path / "link").touch()
    run = live.run(call("symlink", "/etc/passwd", "link"), cwd=tmp_path)
    (event,) = run.events("symlink")
    assert event.params == {"res": -errno.EEXIST, "target": "/etc/passwd", "linkpath": found("link", tmp_path)}


def test_target_cannot_be_read(live: Live, tmp_path: Path) -> None:
    run = live.run(call("symlink", None, tmp_path / "link"))
    (event,) = run.events("symlink")
    assert event.params == {"res": -errno.EFAULT, "target": None, "linkpath": named(tmp_path / "link")}
