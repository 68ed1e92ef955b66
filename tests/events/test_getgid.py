# SPDX-License-Identifier: Apache-2.0
"""getgid."""

from __future__ import annotations

from support.calls import call
from support.recorder import Live


def test_asks_who_it_is(live: Live) -> None:
    run = live.run(call("getgid"), call("setgid", 70000), call("getgid"))
    assert [event.params for event in run.events("getgid")] == [{"gid": 0}, {"gid": 70000}]
