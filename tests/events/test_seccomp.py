# SPDX-License-Identifier: Apache-2.0
"""seccomp."""

from __future__ import annotations

import errno
import struct

from support.calls import call
from support.recorder import Live

GET_ACTION_AVAIL, LOG = 2, 0x7FFC0000


def test_asks_for_an_action(live: Live) -> None:
    run = live.run(call("seccomp", GET_ACTION_AVAIL, 0, struct.pack("=I", LOG)))
    (event,) = run.events("seccomp")
    assert event.params == {"res": 0, "op": 2, "flags": 0}


def test_is_refused(live: Live) -> None:
    run = live.run(call("seccomp", 99, 1 << 33 | 4, None))
    (event,) = run.events("seccomp")
    assert event.params == {"res": -errno.EINVAL, "op": 99, "flags": 4}
