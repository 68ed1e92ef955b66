# SPDX-License-Identifier: Apache-2.0
"""pipe2."""

from __future__ import annotations

import errno
import os

from support.calls import Zeros, call, hold
from support.expect import inode
from support.falco import O
from support.recorder import Live


def test_both_ends(live: Live) -> None:
    flags = os.O_CLOEXEC | os.O_NONBLOCK | os.O_DIRECT
    with live.start(call("pipe2", Zeros(8), flags), pause := hold()) as run:
        run.until(pause)
        number = inode(f"/proc/{run.pid}/fd/3")
    (event,) = run.events("pipe2")
    assert event.params == {
        "res": 0,
        "fd1": 3,
        "fd2": 4,
        "ino": number,
        "flags": O.CLOEXEC | O.NONBLOCK | O.DIRECT,
    }
    assert (event.fields["fd.num"], event.fields["fd.type"]) == (4, "pipe")


def test_no_such_flag(live: Live) -> None:
    run = live.run(call("pipe2", Zeros(8), os.O_TRUNC))
    (event,) = run.events("pipe2")
    assert event.params == {"res": -errno.EINVAL, "fd1": -1, "fd2": -1, "ino": 0, "flags": 0}
