# SPDX-License-Identifier: Apache-2.0
"""fchown."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from support.calls import call
from support.falco import NO_ID
from support.recorder import Live


def test_sets_the_group(live: Live, tmp_path: Path) -> None:
    (tmp_path / "there").touch()
    file = call("open", tmp_path / "there", os.O_RDONLY, 0)
    run = live.run(file, call("fchown", file, -1, 33))
    (event,) = run.events("fchown")
    assert event.params == {"res": 0, "fd": file.ret, "uid": NO_ID, "gid": 33}


def test_descriptor_is_not_open(live: Live) -> None:
    run = live.run(call("fchown", 987, 0, 0))
    (event,) = run.events("fchown")
    assert event.params == {"res": -errno.EBADF, "fd": 987, "uid": 0, "gid": 0}
