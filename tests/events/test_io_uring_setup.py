# SPDX-License-Identifier: Apache-2.0
"""io_uring_setup."""

from __future__ import annotations

import errno
import struct

from support.calls import call
from support.expect import Between
from support.recorder import Live

CLAMP, R_DISABLED = 0x20, 0x80
NATIVE_CQSIZE, NATIVE_CLAMP, NATIVE_R_DISABLED = 0x8, 0x10, 0x40
CQSIZE = 0x10


def params(cq_entries: int, flags: int) -> bytes:
    """``struct io_uring_params``."""
    return struct.pack("=6I", 0, cq_entries, flags, 3, 4, 0) + bytes(96)


def test_makes_a_ring(live: Live) -> None:
    flags = NATIVE_CQSIZE | NATIVE_CLAMP | NATIVE_R_DISABLED
    run = live.run(made := call("io_uring_setup", 3, params(32, flags)))
    (event,) = run.events("io_uring_setup")
    assert made.ret > 2
    assert event.params == {
        "res": made.ret,
        "entries": 3,
        "sq_entries": 4,
        "cq_entries": 32,
        "flags": CQSIZE | CLAMP | R_DISABLED,
        "sq_thread_cpu": 3,
        "sq_thread_idle": 4,
        "features": Between(1, 0x7FF),
    }
    assert (event.fields["fd.num"], event.fields["fd.type"]) == (made.ret, "io_uring")


def test_too_many_entries(live: Live) -> None:
    run = live.run(call("io_uring_setup", 2**31, params(0, 0)))
    (event,) = run.events("io_uring_setup")
    assert event.params == {
        "res": -errno.EINVAL,
        "entries": 2**31,
        "sq_entries": 0,
        "cq_entries": 0,
        "flags": 0,
        "sq_thread_cpu": 3,
        "sq_thread_idle": 4,
        "features": 0,
    }
