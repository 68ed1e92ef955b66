# SPDX-License-Identifier: Apache-2.0
"""mkdir."""

from __future__ import annotations

import errno
from pathlib import Path

from support.calls import call
from support.expect import found
from support.recorder import Live


def test_makes_a_directory(live: Live, tmp_path: Path) -> None:
    path = tmp_path / "new"
    run = live.run(call("mkdir", path, 0o750))
    (event,) = run.events("mkdir")
    assert path.is_dir()
    assert event.params == {"res": 0, "path": found(path), "mode": 0o750}


def test_name_is_taken(live: Live, tmp_path: Path) -> None:
    run = live.run(call("mkdir", ".", 0o700), cwd=tmp_path)
    (event,) = run.events("mkdir")
    assert event.params == {"res": -errno.EEXIST, "path": found(".", tmp_path), "mode": 0o700}
