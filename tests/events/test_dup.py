# SPDX-License-Identifier: Apache-2.0
"""dup."""

from __future__ import annotations

import errno

from support.calls import call
from support.recorder import Live


def test_duplicates(live: Live) -> None:
    run = live.run(made := call("dup", 0))
    (event,) = run.events("dup")
    assert made.ret > 2
    assert event.params == {"res": made.ret, "oldfd": 0}


def test_descriptor_is_not_open(live: Live) -> None:
    run = live.run(call("dup", -1))
    (event,) = run.events("dup")
    assert event.params == {"res": -errno.EBADF, "oldfd": -1}
