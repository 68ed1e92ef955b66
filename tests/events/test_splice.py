# SPDX-License-Identifier: Apache-2.0
"""splice."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from support.calls import Zeros, call
from support.recorder import Live

MOVE, NONBLOCK, MORE = 1, 2, 4


def test_into_a_pipe(live: Live, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"hello")
    made = call("open", tmp_path / "a", os.O_RDONLY, 0)
    run = live.run(call("pipe", Zeros(8)), made, call("splice", made, None, 4, None, 100, MOVE | MORE))
    (event,) = run.events("splice")
    assert event.params == {"res": 5, "fd_in": made.ret, "fd_out": 4, "size": 100, "flags": MOVE | MORE}
    assert (event.fields["fd.num"], event.fields["fd.type"]) == (4, "pipe")


def test_descriptors_are_not_open(live: Live) -> None:
    run = live.run(call("splice", 987, None, 988, None, 3, NONBLOCK))
    (event,) = run.events("splice")
    assert event.params == {"res": -errno.EBADF, "fd_in": 987, "fd_out": 988, "size": 3, "flags": NONBLOCK}
