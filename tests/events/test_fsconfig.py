# SPDX-License-Identifier: Apache-2.0
"""fsconfig."""

from __future__ import annotations

from support.calls import call
from support.recorder import Live

SET_FLAG, SET_STRING, CREATE = 0, 1, 6


def test_configures_a_file_system(live: Live) -> None:
    context = call("fsopen", "tmpfs", 0)
    run = live.run(
        context,
        call("fsconfig", context, SET_STRING, "size", "64k", 0),
        call("fsconfig", context, SET_FLAG, "ro", None, 0),
        call("fsconfig", context, CREATE, None, None, 0),
    )
    events = run.events("fsconfig")
    assert [event.params for event in events] == [
        {
            "res": 0, "fd": context.ret, "cmd": SET_STRING, "key": "size",
            "value_bytebuf": None, "value_charbuf": "64k", "aux": 0,
        },
        {
            "res": 0, "fd": context.ret, "cmd": SET_FLAG, "key": "ro",
            "value_bytebuf": None, "value_charbuf": None, "aux": 0,
        },
        {
            "res": 0, "fd": context.ret, "cmd": CREATE, "key": None,
            "value_bytebuf": None, "value_charbuf": None, "aux": 0,
        },
    ]  # fmt: skip


def test_is_no_context(live: Live) -> None:
    run = live.run(call("fsconfig", 0, SET_STRING, "key", "value", -7))
    (event,) = run.events("fsconfig")
    assert event.params == {
        "res": event.params["res"],
        "fd": 0,
        "cmd": SET_STRING,
        "key": "key",
        "value_bytebuf": None,
        "value_charbuf": None,
        "aux": -7,
    }
    assert event.params["res"] < 0
