# SPDX-License-Identifier: Apache-2.0
"""io_uring_enter."""

from __future__ import annotations

import errno
import struct

from support.calls import Zeros, call
from support.recorder import Live

GETEVENTS, SQ_WAKEUP, EXT_ARG = 1, 2, 8


def test_nothing_to_do(live: Live) -> None:
    made = call("io_uring_setup", 4, Zeros(120))
    mask = struct.pack("=Q", 0x1234)
    run = live.run(
        made,
        call("io_uring_enter", made, 0, 0, GETEVENTS | SQ_WAKEUP, mask, 8),
        call("io_uring_enter", made, 0, 0, GETEVENTS | EXT_ARG, [mask, 8, 0], 24),
    )
    plain, extended = run.events("io_uring_enter")
    expected = {"res": 0, "fd": made.ret, "to_submit": 0, "min_complete": 0, "sig": 0x1234}
    assert plain.params == expected | {"flags": GETEVENTS | SQ_WAKEUP}
    assert extended.params == expected | {"flags": GETEVENTS | EXT_ARG}
    assert plain.fields["fd.type"] == "io_uring"


def test_descriptor_is_not_open(live: Live) -> None:
    run = live.run(call("io_uring_enter", 987, 3, 4, 0, None, 0))
    (event,) = run.events("io_uring_enter")
    assert event.params == {"res": -errno.EBADF, "fd": 987, "to_submit": 3, "min_complete": 4, "flags": 0, "sig": 0}
