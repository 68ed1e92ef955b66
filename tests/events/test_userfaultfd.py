# SPDX-License-Identifier: Apache-2.0
"""userfaultfd."""

from __future__ import annotations

import errno
import os

from support.calls import call
from support.falco import O
from support.recorder import Live


def test_makes_a_descriptor(live: Live) -> None:
    run = live.run(made := call("userfaultfd", os.O_CLOEXEC | os.O_NONBLOCK))
    (event,) = run.events("userfaultfd")
    assert made.ret > 2
    assert event.params == {"res": made.ret, "flags": O.CLOEXEC | O.NONBLOCK}
    assert (event.fields["fd.num"], event.fields["fd.type"]) == (made.ret, "userfaultfd")


def test_fails(live: Live) -> None:
    run = live.run(call("userfaultfd", os.O_TRUNC))
    (event,) = run.events("userfaultfd")
    assert event.params == {"res": -errno.EINVAL, "flags": 0}
    assert event.fields["fd.type"] is None
