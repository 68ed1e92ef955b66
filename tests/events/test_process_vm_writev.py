# SPDX-License-Identifier: Apache-2.0
"""process_vm_writev."""

from __future__ import annotations

import errno

from support.calls import OWN_PID, call
from support.recorder import Live


def test_moves_memory(live: Live) -> None:
    run = live.run(call("process_vm_writev", OWN_PID, ["abc", 3, "def", 3], 2, [bytes(8), 5], 1, 0))
    (event,) = run.events("process_vm_writev")
    assert event.params == {"res": 5, "pid": run.pid, "data": b"abcde"}


def test_finds_no_process(live: Live) -> None:
    run = live.run(call("process_vm_writev", 0x7FFFFFF0, ["abc", 3], 1, ["def", 3], 1, 0))
    (event,) = run.events("process_vm_writev")
    assert event.params == {"res": -errno.ESRCH, "pid": 0x7FFFFFF0, "data": None}
