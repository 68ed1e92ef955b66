# SPDX-License-Identifier: Apache-2.0
"""dup3."""

from __future__ import annotations

import errno
import os

from support.calls import call
from support.falco import O
from support.recorder import Live


def test_duplicates(live: Live) -> None:
    run = live.run(call("dup3", 0, 77, os.O_CLOEXEC))
    (event,) = run.events("dup3")
    assert event.params == {"res": 77, "oldfd": 0, "newfd": 77, "flags": O.CLOEXEC}


def test_both_numbers_are_the_same(live: Live) -> None:
    run = live.run(call("dup3", 1, 1, 0))
    (event,) = run.events("dup3")
    assert event.params == {"res": -errno.EINVAL, "oldfd": 1, "newfd": 1, "flags": 0}
