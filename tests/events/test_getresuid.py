# SPDX-License-Identifier: Apache-2.0
"""getresuid."""

from __future__ import annotations

import errno

from support.calls import Zeros, call
from support.falco import NO_ID
from support.recorder import Live


def test_asks_who_it_is(live: Live) -> None:
    run = live.run(call("setresuid", 11, 22, 33), call("getresuid", Zeros(4), Zeros(4), Zeros(4)))
    (event,) = run.events("getresuid")
    assert event.params == {"res": 0, "ruid": 11, "euid": 22, "suid": 33}


def test_has_no_room(live: Live) -> None:
    run = live.run(call("getresuid", Zeros(4), None, Zeros(4)))
    (event,) = run.events("getresuid")
    assert event.params == {"res": -errno.EFAULT, "ruid": 0, "euid": NO_ID, "suid": 0}
