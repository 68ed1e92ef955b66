# SPDX-License-Identifier: Apache-2.0
"""shutdown."""

from __future__ import annotations

import errno
import socket

from support.calls import call
from support.recorder import Live

UNKNOWN = 0xFF


def test_both_directions(live: Live) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        run = live.run(call("shutdown", ours.fileno(), socket.SHUT_RDWR), pass_fds=[ours.fileno()])
        descriptor = ours.fileno()
    (event,) = run.events("shutdown")
    assert event.params == {"res": 0, "fd": descriptor, "how": 2}
    assert event.fields["fd.type"] == "unix"


def test_no_such_direction(live: Live) -> None:
    made = call("socket", socket.AF_INET, int(socket.SOCK_STREAM), 0)
    run = live.run(made, call("shutdown", made, 7))
    (event,) = run.events("shutdown")
    assert event.params == {"res": -errno.EINVAL, "fd": made.ret, "how": UNKNOWN}
