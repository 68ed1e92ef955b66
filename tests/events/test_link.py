# SPDX-License-Identifier: Apache-2.0
"""link."""

from __future__ import annotations

import errno
from pathlib import Path

from support.calls import call
from support.expect import found
from support.recorder import Live


def test_links(live: Live, tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.touch()
    run = live.run(call("link", old, new))
    (event,) = run.events("link")
    assert new.samefile(old)
    assert event.params == {"res": 0, "oldpath": found(old), "newpath": found(new)}


def test_directory_gets_no_second_name(live: Live, tmp_path: Path) -> None:
    run = live.run(call("link", tmp_path, "new"), cwd=tmp_path)
    (event,) = run.events("link")
    assert event.params == {"res": -errno.EPERM, "oldpath": found(tmp_path), "newpath": found("new", tmp_path)}
