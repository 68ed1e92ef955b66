# SPDX-License-Identifier: Apache-2.0
"""rmdir."""

from __future__ import annotations

import errno
from pathlib import Path

from support.calls import call
from support.expect import found
from support.recorder import Live


def test_removes_a_directory(live: Live, tmp_path: Path) -> None:
    path = tmp_path / "there"
    path.mkdir()
    run = live.run(call("rmdir", path))
    (event,) = run.events("rmdir")
    assert not path.exists()
    assert event.params == {"res": 0, "path": found(path)}


def test_directory_is_not_empty(live: Live, tmp_path: Path) -> None:
    (tmp_path / "there" / "full").mkdir(parents=True)
    run = live.run(call("rmdir", "there"), cwd=tmp_path)
    (event,) = run.events("rmdir")
    assert event.params == {"res": -errno.ENOTEMPTY, "path": found("there", tmp_path)}
