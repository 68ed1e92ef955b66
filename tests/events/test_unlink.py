# SPDX-License-Identifier: Apache-2.0
"""unlink."""

from __future__ import annotations

import errno
from pathlib import Path

from support.calls import call
from support.expect import NO_PATH, found, named
from support.recorder import Live


def test_removes_a_file(live: Live, tmp_path: Path) -> None:
    path = tmp_path / "there"
    path.touch()
    run = live.run(call("unlink", path))
    (event,) = run.events("unlink")
    assert not path.exists()
    assert event.params == {"res": 0, "path": found(path)}


def test_relative_to_the_current_directory(live: Live, tmp_path: Path) -> None:
    (tmp_path / "there").touch()
    run = live.run(call("unlink", "there"), cwd=tmp_path)
    (event,) = run.events("unlink")
    assert event.params == {"res": 0, "path": found("there", tmp_path)}


def test_finds_no_file(live: Live, tmp_path: Path) -> None:
    run = live.run(call("unlink", tmp_path / "missing"))
    (event,) = run.events("unlink")
    assert event.params == {"res": -errno.ENOENT, "path": named(tmp_path / "missing")}


def test_name_cannot_be_read(live: Live) -> None:
    run = live.run(call("unlink", 1))
    (event,) = run.events("unlink")
    assert event.params == {"res": -errno.EFAULT, "path": NO_PATH}
