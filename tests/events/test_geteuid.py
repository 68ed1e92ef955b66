# SPDX-License-Identifier: Apache-2.0
"""geteuid."""

from __future__ import annotations

from support.calls import call
from support.recorder import Live


def test_asks_who_it_is(live: Live) -> None:
    run = live.run(call("geteuid"), call("setuid", 70000), call("geteuid"))
    assert [event.params for event in run.events("geteuid")] == [{"euid": 0}, {"euid": 70000}]
