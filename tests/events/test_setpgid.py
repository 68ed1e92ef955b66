# SPDX-License-Identifier: Apache-2.0
"""setpgid."""

from __future__ import annotations

import errno

from support.calls import call
from support.recorder import Live


def test_moves_itself(live: Live) -> None:
    run = live.run(call("setpgid", 0, 0))
    (event,) = run.events("setpgid")
    assert event.params == {"res": 0, "pid": 0, "pgid": 0}


def test_finds_no_process(live: Live) -> None:
    run = live.run(call("setpgid", 0x7FFFFFF0, 3), call("setpgid", -1, -2))
    assert [event.params for event in run.events("setpgid")] == [
        {"res": -errno.ESRCH, "pid": 0x7FFFFFF0, "pgid": 3},
        {"res": -errno.EINVAL, "pid": -1, "pgid": -2},
    ]
