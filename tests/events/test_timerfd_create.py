# SPDX-License-Identifier: Apache-2.0
"""timerfd_create."""

from __future__ import annotations

import errno
import os
import time

from support.calls import call
from support.falco import O
from support.recorder import Live


def test_makes_a_descriptor(live: Live) -> None:
    run = live.run(made := call("timerfd_create", time.CLOCK_MONOTONIC, os.O_CLOEXEC | os.O_NONBLOCK))
    (event,) = run.events("timerfd_create")
    assert made.ret > 2
    assert event.params == {"res": made.ret, "clockid": 1, "flags": O.NONBLOCK}
    assert (event.fields["fd.num"], event.fields["fd.type"]) == (made.ret, "timerfd")


def test_fails(live: Live) -> None:
    run = live.run(call("timerfd_create", 99, os.O_CLOEXEC))
    (event,) = run.events("timerfd_create")
    assert event.params == {"res": -errno.EINVAL, "clockid": 99, "flags": 0}
    assert event.fields["fd.type"] is None
