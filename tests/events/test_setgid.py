# SPDX-License-Identifier: Apache-2.0
"""setgid."""

from __future__ import annotations

import errno

from support.calls import call
from support.falco import NO_ID
from support.recorder import Live


def test_changes(live: Live) -> None:
    run = live.run(call("setgid", 4321))
    (event,) = run.events("setgid")
    assert event.params == {"res": 0, "gid": 4321}
    assert event.gid == 4321


def test_is_not_allowed(live: Live) -> None:
    run = live.run(call("setgid", 99), call("setuid", 99), call("setgid", 0))
    _, event = run.events("setgid")
    assert event.params == {"res": -errno.EPERM, "gid": 0}


def test_no_such_id(live: Live) -> None:
    run = live.run(call("setgid", -1))
    (event,) = run.events("setgid")
    assert event.params == {"res": -errno.EINVAL, "gid": NO_ID}
