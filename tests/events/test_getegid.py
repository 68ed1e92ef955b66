# SPDX-License-Identifier: Apache-2.0
"""getegid."""

from __future__ import annotations

from support.calls import call
from support.recorder import Live


def test_asks_who_it_is(live: Live) -> None:
    run = live.run(call("getegid"), call("setgid", 70000), call("getegid"))
    assert [event.params for event in run.events("getegid")] == [{"egid": 0}, {"egid": 70000}]
