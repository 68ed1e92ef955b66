# SPDX-License-Identifier: Apache-2.0
"""dup2."""

from __future__ import annotations

import errno

from support.calls import call
from support.recorder import Live


def test_duplicates(live: Live) -> None:
    run = live.run(call("dup2", 0, 77))
    (event,) = run.events("dup2")
    assert event.params == {"res": 77, "oldfd": 0, "newfd": 77}


def test_onto_an_open_descriptor(live: Live) -> None:
    run = live.run(first := call("dup", 0), call("dup2", 1, first))
    (event,) = run.events("dup2")
    assert event.params == {"res": first.ret, "oldfd": 1, "newfd": first.ret}


def test_descriptor_is_not_open(live: Live) -> None:
    run = live.run(call("dup2", 987, 77))
    (event,) = run.events("dup2")
    assert event.params == {"res": -errno.EBADF, "oldfd": 987, "newfd": 77}
