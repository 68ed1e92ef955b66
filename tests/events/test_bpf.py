# SPDX-License-Identifier: Apache-2.0
"""bpf."""

from __future__ import annotations

import errno

from support.calls import call
from support.native import BPF_MAP_CREATE, BPF_PROG_LOAD, map_attr
from support.recorder import Live

BPF_MAP_TYPE_ARRAY = 2


def test_makes_a_map(live: Live) -> None:
    attr = map_attr(BPF_MAP_TYPE_ARRAY, 4, 8, 1)
    run = live.run(made := call("bpf", BPF_MAP_CREATE, attr, len(attr)))
    (event,) = run.events("bpf")
    assert made.ret >= 0
    assert event.params == {"fd": made.ret, "cmd": 0}


def test_program_is_refused(live: Live) -> None:
    """It has no instructions."""
    run = live.run(call("bpf", BPF_PROG_LOAD, bytes(48), 48))
    (event,) = run.events("bpf")
    assert event.params == {"fd": -errno.E2BIG, "cmd": 5}


def test_command_is_unknown(live: Live) -> None:
    run = live.run(call("bpf", 9999, bytes(48), 48))
    (event,) = run.events("bpf")
    assert event.params == {"fd": -errno.EINVAL, "cmd": 9999}
