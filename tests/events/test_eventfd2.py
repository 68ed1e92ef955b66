# SPDX-License-Identifier: Apache-2.0
"""eventfd2."""

from __future__ import annotations

import errno
import os

from support.calls import call
from support.falco import O
from support.recorder import Live


def test_makes_a_descriptor(live: Live) -> None:
    run = live.run(made := call("eventfd2", 7, os.O_CLOEXEC | os.O_NONBLOCK))
    (event,) = run.events("eventfd2")
    assert made.ret > 2
    assert event.params == {"res": made.ret, "flags": O.CLOEXEC | O.NONBLOCK, "initval": 7}
    assert (event.fields["fd.num"], event.fields["fd.type"]) == (made.ret, "event")


def test_fails(live: Live) -> None:
    run = live.run(call("eventfd2", 0, os.O_TRUNC))
    (event,) = run.events("eventfd2")
    assert event.params == {"res": -errno.EINVAL, "flags": 0, "initval": 0}
    assert event.fields["fd.type"] is None
