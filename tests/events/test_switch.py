# SPDX-License-Identifier: Apache-2.0
"""switch.  There is no end of it: rules must name it."""

from __future__ import annotations

import os
import struct
from pathlib import Path

from support.calls import call
from support.recorder import Live, ruleset

import tiercel


def test_sleeps(program: Path) -> None:
    with tiercel.Sensor(ruleset("execve", "dup2", "switch"), scope=tiercel.Scope.tree(os.getpid())) as sensor:
        run = Live(sensor, program).run(call("nanosleep", struct.pack("=qq", 0, 20_000_000), None))
    events = [event for event in run.events("switch") if event.pid == run.pid]
    assert events
    for event in events:
        assert event.params.keys() == {"next", "pgft_maj", "pgft_min", "vm_size", "vm_rss", "vm_swap"}
        assert event.params["next"] != event.tid
        assert event.params["pgft_min"] > 0
        assert event.params["vm_size"] >= event.params["vm_rss"] > 0
        assert (event.syscall, event.comm) == (None, "calls")
        assert event.fields["evt.args"].startswith(f"next={event.params['next']}")


def test_rules_for_any_event_do_not_get_it(program: Path) -> None:
    rules = tiercel.Ruleset.loads(
        "- {rule: any, desc: any event, condition: proc.name = calls, output: '%evt.type', priority: INFO}"
    )
    with tiercel.Sensor(rules, scope=tiercel.Scope.tree(os.getpid())) as sensor:
        run = Live(sensor, program).run(call("nanosleep", struct.pack("=qq", 0, 20_000_000), None))
    assert {event.type for event in run.everything} & {"switch", "page_fault"} == set()
    assert "nanosleep" in {event.type for event in run.everything}
