# SPDX-License-Identifier: Apache-2.0
"""eventfd."""

from __future__ import annotations

import errno

from support import native
from support.calls import call
from support.recorder import Live


def test_makes_a_descriptor(live: Live) -> None:
    run = live.run(made := call("eventfd", 7))
    (event,) = run.events("eventfd")
    assert made.ret > 2
    assert event.params == {"res": made.ret, "initval": 7, "flags": 0}
    assert (event.fields["fd.num"], event.fields["fd.type"]) == (made.ret, "event")


def test_no_descriptor_is_left(live: Live) -> None:
    run = live.run(call("setrlimit", native.RLIMIT_NOFILE, native.rlimit(3, 1024)), call("eventfd", 2**32 - 1))
    (event,) = run.events("eventfd")
    assert event.params == {"res": -errno.EMFILE, "initval": 2**32 - 1, "flags": 0}
    assert event.fields["fd.type"] is None
