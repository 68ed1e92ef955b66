# SPDX-License-Identifier: Apache-2.0
"""getresgid."""

from __future__ import annotations

import errno

from support.calls import Zeros, call
from support.falco import NO_ID
from support.recorder import Live


def test_asks_who_it_is(live: Live) -> None:
    run = live.run(call("setresgid", 11, 22, 33), call("getresgid", Zeros(4), Zeros(4), Zeros(4)))
    (event,) = run.events("getresgid")
    assert event.params == {"res": 0, "rgid": 11, "egid": 22, "sgid": 33}


def test_has_no_room(live: Live) -> None:
    run = live.run(call("getresgid", Zeros(4), None, Zeros(4)))
    (event,) = run.events("getresgid")
    assert event.params == {"res": -errno.EFAULT, "rgid": 0, "egid": NO_ID, "sgid": 0}
