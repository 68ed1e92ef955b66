# SPDX-License-Identifier: Apache-2.0
"""poll."""

from __future__ import annotations

import errno

from support.calls import call
from support.falco import Poll
from support.native import pollfd
from support.recorder import Live


def test_what_occurred(live: Live) -> None:
    """The param has the events that occurred, not the requested ones."""
    made = call("eventfd", 1)
    fds = pollfd(3, Poll.NATIVE_IN | Poll.NATIVE_PRI) + pollfd(987, Poll.NATIVE_IN) + pollfd(-1, Poll.NATIVE_IN)
    run = live.run(made, call("poll", fds, 3, 10))
    (event,) = run.events("poll")
    assert made.ret == 3
    assert event.params == {
        "res": 2,
        "fds": [(3, Poll.IN), (987, Poll.NVAL), (-1, 0)],
        "timeout": 10,
    }


def test_more_than_a_list_holds(live: Live) -> None:
    run = live.run(call("poll", pollfd(-1, 0) * 40, 40, 0))
    (event,) = run.events("poll")
    assert event.params == {"res": 0, "fds": [(-1, 0)] * 16, "timeout": 0}


def test_bad_address(live: Live) -> None:
    run = live.run(call("poll", None, 1, -1))
    (event,) = run.events("poll")
    assert event.params == {"res": -errno.EFAULT, "fds": [], "timeout": -1}
