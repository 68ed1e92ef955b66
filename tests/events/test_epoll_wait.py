# SPDX-License-Identifier: Apache-2.0
"""epoll_wait."""

from __future__ import annotations

import errno

from support.calls import Zeros, call
from support.recorder import Live


def test_nothing_is_ready(live: Live) -> None:
    made = call("epoll_create1", 0)
    run = live.run(made, call("epoll_wait", made, Zeros(48), 4, 0))
    (event,) = run.events("epoll_wait")
    assert event.params == {"res": 0, "maxevents": 4}


def test_negative_number(live: Live) -> None:
    made = call("epoll_create1", 0)
    run = live.run(made, call("epoll_wait", made, Zeros(48), -1, 0))
    (event,) = run.events("epoll_wait")
    assert event.params == {"res": -errno.EINVAL, "maxevents": -1}
