# SPDX-License-Identifier: Apache-2.0
"""kill."""

from __future__ import annotations

import errno
import signal

from support.calls import OWN_PID, call, child
from support.recorder import Live

NOBODY = 0x7FFFFFF0  # beyond any pid


def test_kills_a_child(live: Live) -> None:
    steps = child("fork", made := call("kill", OWN_PID, signal.SIGKILL))
    run = live.run(steps)
    (event,) = run.events("kill")
    assert event.tid == event.params["pid"]
    assert event.params == {"res": 0, "pid": steps[0].ret, "sig": 9}
    assert not made.reports  # it ended before it could report


def test_probes_itself(live: Live) -> None:
    run = live.run(call("kill", OWN_PID, 0))
    (event,) = run.events("kill")
    assert event.params == {"res": 0, "pid": run.pid, "sig": 0}


def test_finds_no_group(live: Live) -> None:
    run = live.run(call("kill", -NOBODY, signal.SIGTERM))
    (event,) = run.events("kill")
    assert event.params == {"res": -errno.ESRCH, "pid": -NOBODY, "sig": 15}
