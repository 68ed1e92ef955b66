# SPDX-License-Identifier: Apache-2.0
"""getuid."""

from __future__ import annotations

from support.calls import call
from support.recorder import Live


def test_asks_who_it_is(live: Live) -> None:
    run = live.run(call("getuid"), call("setuid", 70000), call("getuid"))
    assert [event.params for event in run.events("getuid")] == [{"uid": 0}, {"uid": 70000}]
