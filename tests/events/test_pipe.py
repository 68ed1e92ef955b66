# SPDX-License-Identifier: Apache-2.0
"""pipe."""

from __future__ import annotations

import errno

from support.calls import Zeros, call, hold
from support.expect import inode
from support.recorder import Live


def test_both_ends(live: Live) -> None:
    with live.start(call("pipe", Zeros(8)), pause := hold()) as run:
        run.until(pause)
        number = inode(f"/proc/{run.pid}/fd/3")
    (event,) = run.events("pipe")
    assert event.params == {"res": 0, "fd1": 3, "fd2": 4, "ino": number}
    assert (event.fields["fd.num"], event.fields["fd.type"]) == (4, "pipe")


def test_bad_address(live: Live) -> None:
    run = live.run(call("pipe", None))
    (event,) = run.events("pipe")
    assert event.params == {"res": -errno.EFAULT, "fd1": -1, "fd2": -1, "ino": 0}
