# SPDX-License-Identifier: Apache-2.0
"""capset."""

from __future__ import annotations

import errno
import struct

from support.calls import call
from support.recorder import Live

VERSION_3 = 0x20080522


def data(effective: int, permitted: int, inheritable: int) -> bytes:
    """Both halves of ``struct __user_cap_data_struct``."""
    sets = (effective, permitted, inheritable)
    return struct.pack("=6I", *(value & 0xFFFFFFFF for value in sets), *(value >> 32 for value in sets))


def test_gives_up_capabilities(live: Live) -> None:
    header = struct.pack("=Ii", VERSION_3, 0)
    run = live.run(call("capset", header, data(1 << 5, 1 << 5 | 1 << 6, 1 << 6)))
    (event,) = run.events("capset")
    assert event.params == {
        "res": 0,
        "cap_inheritable": 1 << 6,
        "cap_permitted": 1 << 5 | 1 << 6,
        "cap_effective": 1 << 5,
    }


def test_gets_no_more(live: Live) -> None:
    """The event has the capabilities of the thread after the call, not the requested ones."""
    header = struct.pack("=Ii", VERSION_3, 0)
    run = live.run(call("capset", header, data(0, 1 << 6, 0)), call("capset", header, data(1 << 5, 1 << 5, 0)))
    event = run.events("capset")[1]
    assert event.params == {
        "res": -errno.EPERM,
        "cap_inheritable": 0,
        "cap_permitted": 1 << 6,
        "cap_effective": 0,
    }
