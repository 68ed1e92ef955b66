# SPDX-License-Identifier: Apache-2.0
"""getcwd."""

from __future__ import annotations

import errno
from pathlib import Path

from support.calls import Zeros, call
from support.recorder import Live


def test_says_where_it_is(live: Live, tmp_path: Path) -> None:
    run = live.run(call("getcwd", Zeros(4096), 4096), cwd=tmp_path)
    (event,) = run.events("getcwd")
    assert event.params == {"res": len(str(tmp_path)) + 1, "path": str(tmp_path)}


def test_has_no_room(live: Live, tmp_path: Path) -> None:
    run = live.run(call("getcwd", Zeros(4), 2), cwd=tmp_path)
    (event,) = run.events("getcwd")
    assert event.params == {"res": -errno.ERANGE, "path": None}
