# SPDX-License-Identifier: Apache-2.0
"""process_vm_readv."""

from __future__ import annotations

import errno

from support.calls import OWN_PID, Zeros, call
from support.recorder import Live


def test_moves_memory(live: Live) -> None:
    local = [Zeros(16), 3, Zeros(16), 16]
    run = live.run(call("process_vm_readv", OWN_PID, local, 2, ["abcdef", 6], 1, 0))
    (event,) = run.events("process_vm_readv")
    assert event.params == {"res": 6, "pid": run.pid, "data": b"abcdef"}


def test_finds_no_process(live: Live) -> None:
    run = live.run(call("process_vm_readv", 0x7FFFFFF0, ["abc", 3], 1, ["def", 3], 1, 0))
    (event,) = run.events("process_vm_readv")
    assert event.params == {"res": -errno.ESRCH, "pid": 0x7FFFFFF0, "data": None}
