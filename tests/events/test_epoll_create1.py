# SPDX-License-Identifier: Apache-2.0
"""epoll_create1."""

from __future__ import annotations

import errno
import os

from support.calls import call
from support.recorder import Live

EPOLL_CLOEXEC = 1  # in events


def test_makes_a_descriptor(live: Live) -> None:
    run = live.run(made := call("epoll_create1", os.O_CLOEXEC))
    (event,) = run.events("epoll_create1")
    assert made.ret > 2
    assert event.params == {"res": made.ret, "flags": EPOLL_CLOEXEC}
    assert (event.fields["fd.num"], event.fields["fd.type"]) == (made.ret, "eventpoll")


def test_fails(live: Live) -> None:
    run = live.run(call("epoll_create1", os.O_TRUNC))
    (event,) = run.events("epoll_create1")
    assert event.params == {"res": -errno.EINVAL, "flags": 0}
    assert event.fields["fd.type"] is None
