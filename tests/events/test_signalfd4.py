# SPDX-License-Identifier: Apache-2.0
"""signalfd4."""

from __future__ import annotations

import errno
import os
import signal
import struct

from support.calls import call
from support.falco import O
from support.recorder import Live

# Signals count from 1; the event has room for the first 32.
MASK = 1 << signal.SIGUSR1 - 1 | 1 << 40


def test_makes_a_descriptor(live: Live) -> None:
    run = live.run(made := call("signalfd4", -1, struct.pack("=Q", MASK), 8, os.O_CLOEXEC))
    (event,) = run.events("signalfd4")
    assert made.ret > 2
    assert event.params == {"res": made.ret, "flags": O.CLOEXEC, "fd": -1, "mask": MASK & 0xFFFFFFFF}
    assert (event.fields["fd.num"], event.fields["fd.type"]) == (made.ret, "signalfd")


def test_fails(live: Live) -> None:
    run = live.run(call("signalfd4", 987, bytes(8), 8, 0))
    (event,) = run.events("signalfd4")
    assert event.params == {"res": -errno.EBADF, "flags": 0, "fd": 987, "mask": 0}
    assert event.fields["fd.type"] is None
