# SPDX-License-Identifier: Apache-2.0
"""inotify_init1."""

from __future__ import annotations

import errno
import os

from support.calls import call
from support.falco import O
from support.recorder import Live


def test_makes_a_descriptor(live: Live) -> None:
    run = live.run(made := call("inotify_init1", os.O_CLOEXEC | os.O_NONBLOCK))
    (event,) = run.events("inotify_init1")
    assert made.ret > 2
    assert event.params == {"res": made.ret, "flags": O.CLOEXEC | O.NONBLOCK}
    assert (event.fields["fd.num"], event.fields["fd.type"]) == (made.ret, "inotify")


def test_fails(live: Live) -> None:
    run = live.run(call("inotify_init1", os.O_TRUNC))
    (event,) = run.events("inotify_init1")
    assert event.params == {"res": -errno.EINVAL, "flags": 0}
    assert event.fields["fd.type"] is None
