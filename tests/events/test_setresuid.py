# SPDX-License-Identifier: Apache-2.0
"""setresuid."""

from __future__ import annotations

import errno

from support.calls import call
from support.falco import NO_ID
from support.recorder import Live


def test_changes_all(live: Live) -> None:
    run = live.run(call("setresuid", 11, 22, 33))
    (event,) = run.events("setresuid")
    assert event.params == {"res": 0, "ruid": 11, "euid": 22, "suid": 33}
    assert event.uid == 22


def test_keeps_some(live: Live) -> None:
    run = live.run(call("setresuid", -1, 22, -1))
    (event,) = run.events("setresuid")
    assert event.params == {"res": 0, "ruid": NO_ID, "euid": 22, "suid": NO_ID}


def test_is_not_allowed(live: Live) -> None:
    run = live.run(call("setuid", 99), call("setresuid", 11, 22, 33))
    (event,) = run.events("setresuid")
    assert event.params == {"res": -errno.EPERM, "ruid": 11, "euid": 22, "suid": 33}
