# SPDX-License-Identifier: Apache-2.0
"""chown."""

from __future__ import annotations

import errno
from pathlib import Path

from support.calls import call
from support.expect import found, named
from support.falco import NO_ID
from support.recorder import Live


def test_sets_both(live: Live, tmp_path: Path) -> None:
    path = tmp_path / "there"
    path.touch()
    run = live.run(call("chown", path, 1234, 5678))
    (event,) = run.events("chown")
    assert (path.stat().st_uid, path.stat().st_gid) == (1234, 5678)
    assert event.params == {"res": 0, "path": found(path), "uid": 1234, "gid": 5678}


def test_keeps_the_user(live: Live, tmp_path: Path) -> None:
    (tmp_path / "there").touch()
    run = live.run(call("chown", "there", -1, 12), cwd=tmp_path)
    (event,) = run.events("chown")
    assert event.params == {"res": 0, "path": found("there", tmp_path), "uid": NO_ID, "gid": 12}


def test_finds_no_file(live: Live, tmp_path: Path) -> None:
    run = live.run(call("chown", tmp_path / "missing", 0, 0))
    (event,) = run.events("chown")
    assert event.params == {"res": -errno.ENOENT, "path": named(tmp_path / "missing"), "uid": 0, "gid": 0}
