# SPDX-License-Identifier: Apache-2.0
"""setreuid."""

from __future__ import annotations

import errno

from support.calls import call
from support.falco import NO_ID
from support.recorder import Live


def test_changes_both(live: Live) -> None:
    run = live.run(call("setreuid", 11, 22))
    (event,) = run.events("setreuid")
    assert event.params == {"res": 0, "ruid": 11, "euid": 22}
    assert event.uid == 22


def test_is_not_allowed(live: Live) -> None:
    run = live.run(call("setuid", 99), call("setreuid", -1, 22))
    (event,) = run.events("setreuid")
    assert event.params == {"res": -errno.EPERM, "ruid": NO_ID, "euid": 22}
