# SPDX-License-Identifier: Apache-2.0
"""brk."""

from __future__ import annotations

from support.calls import call
from support.expect import memory
from support.recorder import Live


def test_asks_for_the_end(live: Live) -> None:
    run = live.run(made := call("brk", 0))
    (event,) = run.events("brk")
    assert made.ret > 0
    assert event.params == memory() | {"res": made.ret, "addr": 0}


def test_cannot_move_it(live: Live) -> None:
    """There is no error: the result is the old end."""
    run = live.run(made := call("brk", 2**62))
    (event,) = run.events("brk")
    assert event.params == memory() | {"res": made.ret, "addr": 2**62}
