# SPDX-License-Identifier: Apache-2.0
"""tgkill."""

from __future__ import annotations

import errno
import signal

from support.calls import OWN_PID, OWN_TID, call
from support.recorder import Live


def test_probes_itself(live: Live) -> None:
    run = live.run(call("tgkill", OWN_PID, OWN_TID, 0))
    (event,) = run.events("tgkill")
    assert event.params == {"res": 0, "pid": run.pid, "tid": run.pid, "sig": 0}


def test_thread_of_another_process(live: Live) -> None:
    run = live.run(call("tgkill", 1, OWN_TID, signal.SIGTERM))
    (event,) = run.events("tgkill")
    assert event.params == {"res": -errno.ESRCH, "pid": 1, "tid": run.pid, "sig": 15}
