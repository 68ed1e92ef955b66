# SPDX-License-Identifier: Apache-2.0
"""pread."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from support.calls import Zeros, call
from support.recorder import Live


def test_at_a_position(live: Live, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"hello")
    made = call("open", path, os.O_RDONLY, 0)
    run = live.run(made, call("pread64", made, Zeros(16), 16, 1))
    (event,) = run.events("pread")
    assert event.params == {"res": 4, "data": b"ello", "fd": made.ret, "size": 16, "pos": 1}
    assert event.fields["fd.name"] == str(path)


def test_position_is_negative(live: Live) -> None:
    run = live.run(call("pread64", 0, Zeros(16), 16, -1))
    (event,) = run.events("pread")
    assert event.params == {"res": -errno.EINVAL, "data": None, "fd": 0, "size": 16, "pos": 2**64 - 1}
