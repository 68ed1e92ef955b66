# SPDX-License-Identifier: Apache-2.0
"""ppoll."""

from __future__ import annotations

import errno
import signal
import struct

from support.calls import call
from support.falco import Poll
from support.native import pollfd
from support.recorder import Live

NONE = 2**64 - 1  # no limit


def test_what_occurred(live: Live) -> None:
    mask = 1 << signal.SIGUSR1 - 1  # signals count from 1
    run = live.run(
        call("eventfd", 1),
        call("ppoll", pollfd(3, Poll.NATIVE_IN), 1, None, struct.pack("=Q", mask), 8),
        call("ppoll", None, 0, struct.pack("=QQ", 0, 1000), None, 8),
    )
    ready, late = run.events("ppoll")
    assert ready.params == {"res": 1, "fds": [(3, Poll.IN)], "timeout": NONE, "sigmask": mask}
    assert late.params == {"res": 0, "fds": [], "timeout": 0, "sigmask": 0}  # all the time was used


def test_bad_mask(live: Live) -> None:
    run = live.run(call("ppoll", None, 0, struct.pack("=QQ", 3, 5), bytes(8), 9))
    (event,) = run.events("ppoll")
    assert event.params == {"res": -errno.EINVAL, "fds": [], "timeout": 3 * 10**9 + 5, "sigmask": 0}
