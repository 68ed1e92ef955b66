# SPDX-License-Identifier: Apache-2.0
"""tkill."""

from __future__ import annotations

import errno
import signal

from support.calls import OWN_TID, call
from support.recorder import Live


def test_probes_itself(live: Live) -> None:
    run = live.run(call("tkill", OWN_TID, 0))
    (event,) = run.events("tkill")
    assert event.params == {"res": 0, "tid": run.pid, "sig": 0}


def test_finds_no_thread(live: Live) -> None:
    run = live.run(call("tkill", 0x7FFFFFF0, signal.SIGTERM), call("tkill", -5, 9))
    assert [event.params for event in run.events("tkill")] == [
        {"res": -errno.ESRCH, "tid": 0x7FFFFFF0, "sig": 15},
        {"res": -errno.EINVAL, "tid": -5, "sig": 9},
    ]
