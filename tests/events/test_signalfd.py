# SPDX-License-Identifier: Apache-2.0
"""signalfd."""

from __future__ import annotations

import errno
import signal
import struct

from support.calls import call
from support.recorder import Live

MASK = 1 << signal.SIGUSR1 - 1  # signals count from 1


def test_makes_a_descriptor(live: Live) -> None:
    run = live.run(made := call("signalfd", -1, struct.pack("=Q", MASK), 8))
    (event,) = run.events("signalfd")
    assert made.ret > 2
    assert event.params == {"res": made.ret, "fd": -1, "mask": MASK, "flags": 0}
    assert (event.fields["fd.num"], event.fields["fd.type"]) == (made.ret, "signalfd")


def test_fails(live: Live) -> None:
    run = live.run(call("signalfd", 987, bytes(8), 8))
    (event,) = run.events("signalfd")
    assert event.params == {"res": -errno.EBADF, "fd": 987, "mask": 0, "flags": 0}
    assert event.fields["fd.type"] is None
