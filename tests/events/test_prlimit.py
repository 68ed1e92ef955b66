# SPDX-License-Identifier: Apache-2.0
"""prlimit."""

from __future__ import annotations

import errno

from support.calls import OWN_PID, Zeros, call
from support.native import RLIMIT_CORE, rlimit
from support.recorder import Live


def test_changes_a_limit(live: Live) -> None:
    run = live.run(
        call("prlimit64", 0, RLIMIT_CORE, rlimit(1000, 2000), None),
        call("prlimit64", OWN_PID, RLIMIT_CORE, rlimit(500, 2000), Zeros(16)),
    )
    first, second = (event.params for event in run.events("prlimit"))
    assert first == {
        "res": 0, "newcur": 1000, "newmax": 2000, "oldcur": 0, "oldmax": 0, "pid": 0, "resource": 4,
    }  # fmt: skip
    assert second == {
        "res": 0, "newcur": 500, "newmax": 2000, "oldcur": 1000, "oldmax": 2000, "pid": run.pid, "resource": 4,
    }  # fmt: skip


def test_finds_no_process(live: Live) -> None:
    run = live.run(call("prlimit64", 0x7FFFFFF0, 0, rlimit(2**64 - 1, 2**64 - 1), None))
    (event,) = run.events("prlimit")
    assert event.params == {
        "res": -errno.ESRCH,
        "newcur": -1,
        "newmax": -1,
        "oldcur": -1,
        "oldmax": -1,
        "pid": 0x7FFFFFF0,
        "resource": 0,
    }
