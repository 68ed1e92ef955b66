# SPDX-License-Identifier: Apache-2.0
"""prctl."""

from __future__ import annotations

import errno
import struct

from support import native
from support.calls import Zeros, call
from support.recorder import Live


def test_sets_the_name(live: Live) -> None:
    run = live.run(call("prctl", native.PR_SET_NAME, "disguised", 0, 0, 0))
    (event,) = run.events("prctl")
    assert event.params == {"res": 0, "option": 15, "arg2_str": "disguised", "arg2_int": 0}
    assert event.comm == "disguised"


def test_gets_the_name(live: Live) -> None:
    run = live.run(call("prctl", native.PR_GET_NAME, Zeros(16), 0, 0, 0))
    (event,) = run.events("prctl")
    assert event.params == {"res": 0, "option": 16, "arg2_str": "calls", "arg2_int": 0}


def test_takes_a_number(live: Live) -> None:
    run = live.run(call("prctl", native.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))
    (event,) = run.events("prctl")
    assert event.params == {"res": 0, "option": 36, "arg2_str": None, "arg2_int": 1}


def test_writes_a_number(live: Live) -> None:
    run = live.run(
        call("prctl", native.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0),
        call("prctl", native.PR_GET_CHILD_SUBREAPER, struct.pack("=i", 0), 0, 0, 0),
    )
    _, event = run.events("prctl")
    assert event.params == {"res": 0, "option": 37, "arg2_str": None, "arg2_int": 1}


def test_number_is_wrong(live: Live) -> None:
    run = live.run(call("prctl", native.PR_SET_PDEATHSIG, 9999, 0, 0, 0))
    (event,) = run.events("prctl")
    assert event.params == {"res": -errno.EINVAL, "option": 1, "arg2_str": None, "arg2_int": 9999}
