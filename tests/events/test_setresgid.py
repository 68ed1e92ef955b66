# SPDX-License-Identifier: Apache-2.0
"""setresgid."""

from __future__ import annotations

import errno

from support.calls import call
from support.falco import NO_ID
from support.recorder import Live


def test_changes_all(live: Live) -> None:
    run = live.run(call("setresgid", 11, 22, 33))
    (event,) = run.events("setresgid")
    assert event.params == {"res": 0, "rgid": 11, "egid": 22, "sgid": 33}
    assert event.gid == 22


def test_keeps_some(live: Live) -> None:
    run = live.run(call("setresgid", -1, 22, -1))
    (event,) = run.events("setresgid")
    assert event.params == {"res": 0, "rgid": NO_ID, "egid": 22, "sgid": NO_ID}


def test_is_not_allowed(live: Live) -> None:
    run = live.run(call("setuid", 99), call("setresgid", 11, 22, 33))
    (event,) = run.events("setresgid")
    assert event.params == {"res": -errno.EPERM, "rgid": 11, "egid": 22, "sgid": 33}
