# SPDX-License-Identifier: Apache-2.0
"""preadv."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from support.calls import Zeros, call
from support.recorder import Live


def test_at_a_position(live: Live, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"hello world")
    made = call("open", tmp_path / "a", os.O_RDONLY, 0)
    run = live.run(made, call("preadv", made, [Zeros(4), 4, Zeros(64), 64], 2, 6))
    (event,) = run.events("preadv")
    assert event.params == {"res": 5, "size": 5, "data": b"world", "fd": made.ret, "pos": 6}
    assert event.fields["fd.name"] == str(tmp_path / "a")


def test_descriptor_is_not_open(live: Live) -> None:
    run = live.run(call("preadv", 987, [Zeros(4), 4], 1, 2**40))
    (event,) = run.events("preadv")
    assert event.params == {"res": -errno.EBADF, "size": 0, "data": None, "fd": 987, "pos": 2**40}
