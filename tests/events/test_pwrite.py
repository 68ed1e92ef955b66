# SPDX-License-Identifier: Apache-2.0
"""pwrite."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from support.calls import call
from support.recorder import Live


def test_at_a_position(live: Live, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"hello")
    made = call("open", path, os.O_WRONLY, 0)
    run = live.run(made, call("pwrite64", made, "J", 1, 1))
    (event,) = run.events("pwrite")
    assert event.params == {"res": 1, "data": b"J", "fd": made.ret, "size": 1, "pos": 1}
    assert event.fields["fd.name"] == str(path)


def test_position_is_negative(live: Live) -> None:
    run = live.run(call("pwrite64", 0, "J", 1, -1))
    (event,) = run.events("pwrite")
    assert event.params == {"res": -errno.EINVAL, "data": b"J", "fd": 0, "size": 1, "pos": 2**64 - 1}
