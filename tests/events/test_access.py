# SPDX-License-Identifier: Apache-2.0
"""access."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from support.calls import call
from support.expect import found, named
from support.recorder import Live


def test_asks_for_permissions(live: Live, tmp_path: Path) -> None:
    path = tmp_path / "there"
    path.touch()
    run = live.run(
        call("access", path, os.R_OK | os.W_OK), call("access", path, os.F_OK), call("access", path, os.X_OK)
    )
    assert [event.params for event in run.events("access")] == [
        {"res": 0, "name": found(path), "mode": 6},
        {"res": 0, "name": found(path), "mode": 0},
        {"res": -errno.EACCES, "name": found(path), "mode": 1},
    ]


def test_finds_no_file(live: Live, tmp_path: Path) -> None:
    run = live.run(call("access", "missing", os.R_OK), cwd=tmp_path)
    (event,) = run.events("access")
    assert event.params == {"res": -errno.ENOENT, "name": named("missing", tmp_path), "mode": 4}
