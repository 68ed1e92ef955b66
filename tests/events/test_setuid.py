# SPDX-License-Identifier: Apache-2.0
"""setuid."""

from __future__ import annotations

import errno

from support.calls import call
from support.falco import NO_ID
from support.recorder import Live


def test_changes(live: Live) -> None:
    run = live.run(call("setuid", 4321))
    (event,) = run.events("setuid")
    assert event.params == {"res": 0, "uid": 4321}
    assert event.uid == 4321


def test_is_not_allowed(live: Live) -> None:
    run = live.run(call("setresuid", 99, 99, 99), call("setuid", 0))
    (event,) = run.events("setuid")
    assert event.params == {"res": -errno.EPERM, "uid": 0}


def test_no_such_id(live: Live) -> None:
    run = live.run(call("setuid", -1))
    (event,) = run.events("setuid")
    assert event.params == {"res": -errno.EINVAL, "uid": NO_ID}
