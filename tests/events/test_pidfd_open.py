# SPDX-License-Identifier: Apache-2.0
"""pidfd_open."""

from __future__ import annotations

import errno
import os

from support.calls import OWN_PID, call
from support.recorder import Live

NONBLOCK = 1  # in events


def test_makes_a_descriptor(live: Live) -> None:
    run = live.run(made := call("pidfd_open", OWN_PID, 0))
    (event,) = run.events("pidfd_open")
    assert made.ret > 2
    assert event.params == {"fd": made.ret, "pid": run.pid, "flags": 0}
    assert (event.fields["fd.num"], event.fields["fd.type"]) == (made.ret, "pidfd")


def test_fails(live: Live) -> None:
    run = live.run(call("pidfd_open", -3, os.O_NONBLOCK))
    (event,) = run.events("pidfd_open")
    assert event.params == {"fd": -errno.EINVAL, "pid": -3, "flags": NONBLOCK}
    assert event.fields["fd.type"] is None
