# SPDX-License-Identifier: Apache-2.0
"""fchmod."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from support.calls import call
from support.recorder import Live


def test_sets_the_bits(live: Live, tmp_path: Path) -> None:
    (tmp_path / "there").touch()
    file = call("open", tmp_path / "there", os.O_RDONLY, 0)
    run = live.run(file, call("fchmod", file, 0o4711))
    (event,) = run.events("fchmod")
    assert event.params == {"res": 0, "fd": file.ret, "mode": 0o4711}


def test_descriptor_is_not_open(live: Live) -> None:
    run = live.run(call("fchmod", -1, 0o600))
    (event,) = run.events("fchmod")
    assert event.params == {"res": -errno.EBADF, "fd": -1, "mode": 0o600}
