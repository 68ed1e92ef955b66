# SPDX-License-Identifier: Apache-2.0
"""close_range."""

from __future__ import annotations

import errno

from support.calls import call
from support.recorder import Live

UNSHARE, CLOEXEC = 2, 4


def test_closes(live: Live) -> None:
    run = live.run(call("close_range", 50, 2**32 - 1, UNSHARE | CLOEXEC))
    (event,) = run.events("close_range")
    assert event.params == {"res": 0, "first": 50, "last": 2**32 - 1, "flags": UNSHARE | CLOEXEC}


def test_backwards(live: Live) -> None:
    run = live.run(call("close_range", 5, 4, 0))
    (event,) = run.events("close_range")
    assert event.params == {"res": -errno.EINVAL, "first": 5, "last": 4, "flags": 0}
