# SPDX-License-Identifier: Apache-2.0
"""io_uring_register."""

from __future__ import annotations

import errno

from support.calls import Zeros, call
from support.expect import Between
from support.recorder import Live

REGISTER_PROBE, UNREGISTER_BUFFERS = 8, 1


def test_asks_what_there_is(live: Live) -> None:
    made = call("io_uring_setup", 4, Zeros(120))
    run = live.run(made, call("io_uring_register", made, REGISTER_PROBE, Zeros(16 + 8 * 4), 4))
    (event,) = run.events("io_uring_register")
    assert event.params == {
        "res": 0,
        "fd": made.ret,
        "opcode": REGISTER_PROBE,
        "arg": Between(1, 2**47),
        "nr_args": 4,
    }
    assert event.fields["fd.type"] == "io_uring"


def test_descriptor_is_not_open(live: Live) -> None:
    run = live.run(call("io_uring_register", 987, UNREGISTER_BUFFERS, None, 0))
    (event,) = run.events("io_uring_register")
    assert event.params == {"res": -errno.EBADF, "fd": 987, "opcode": UNREGISTER_BUFFERS, "arg": 0, "nr_args": 0}
