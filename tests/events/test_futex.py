# SPDX-License-Identifier: Apache-2.0
"""futex."""

from __future__ import annotations

import errno

from support.calls import Zeros, call
from support.recorder import Live

FUTEX_WAIT, FUTEX_WAKE, PRIVATE, REALTIME = 0, 1, 0x80, 0x100


def test_wakes_nobody(live: Live) -> None:
    run = live.run(call("futex", Zeros(8), FUTEX_WAKE | PRIVATE, 7, None, None, 0))
    (event,) = run.events("futex")
    assert event.params.pop("addr") > 0
    assert event.params == {"res": 0, "op": 1 | 0x80, "val": 7}


def test_does_not_wait(live: Live) -> None:
    run = live.run(
        call("futex", Zeros(8), FUTEX_WAIT, 1, None, None, 0),
        call("futex", None, 9 | REALTIME, 0, None, None, 0),
        call("futex", 0x10, 0x66, 3, None, None, 0),
    )
    changed, unreadable, unknown = (event.params for event in run.events("futex"))
    assert (changed["res"], changed["op"], changed["val"]) == (-errno.EAGAIN, 0, 1)
    assert unreadable == {"res": unreadable["res"], "addr": 0, "op": 9 | 0x100, "val": 0}
    assert unknown == {"res": -errno.ENOSYS, "addr": 0x10, "op": 0, "val": 3}
