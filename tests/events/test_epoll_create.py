# SPDX-License-Identifier: Apache-2.0
"""epoll_create."""

from __future__ import annotations

import errno

from support.calls import call
from support.recorder import Live


def test_makes_a_descriptor(live: Live) -> None:
    run = live.run(made := call("epoll_create", 5))
    (event,) = run.events("epoll_create")
    assert made.ret > 2
    assert event.params == {"res": made.ret, "size": 5}
    assert (event.fields["fd.num"], event.fields["fd.type"]) == (made.ret, "eventpoll")


def test_fails(live: Live) -> None:
    run = live.run(call("epoll_create", -1))
    (event,) = run.events("epoll_create")
    assert event.params == {"res": -errno.EINVAL, "size": -1}
    assert event.fields["fd.type"] is None
