# SPDX-License-Identifier: Apache-2.0
"""setregid."""

from __future__ import annotations

import errno

from support.calls import call
from support.falco import NO_ID
from support.recorder import Live


def test_changes_both(live: Live) -> None:
    run = live.run(call("setregid", 11, 22))
    (event,) = run.events("setregid")
    assert event.params == {"res": 0, "rgid": 11, "egid": 22}
    assert event.gid == 22


def test_is_not_allowed(live: Live) -> None:
    run = live.run(call("setuid", 99), call("setregid", -1, 22))
    (event,) = run.events("setregid")
    assert event.params == {"res": -errno.EPERM, "rgid": NO_ID, "egid": 22}
