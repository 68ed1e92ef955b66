# SPDX-License-Identifier: Apache-2.0
"""keyctl."""

from __future__ import annotations

import errno

from support.calls import Zeros, call
from support.recorder import Live

GET_KEYRING_ID, JOIN_SESSION_KEYRING, DESCRIBE, SEARCH, SESSION_TO_PARENT, RESTRICT_KEYRING = 0, 1, 6, 10, 18, 29
SESSION = -3


def test_joins_a_keyring(live: Live) -> None:
    run = live.run(
        made := call("keyctl", JOIN_SESSION_KEYRING, "tiercel"), call("keyctl", DESCRIBE, SESSION, Zeros(64), 64)
    )
    joined, described = (event.params for event in run.events("keyctl"))
    assert made.ret > 0
    assert joined == {"res": made.ret, "operation": 1, "arg2": "tiercel", "arg3": 0, "arg4": 0, "arg5": 0}
    assert described.pop("arg3") > 0
    assert described.pop("res") > 0
    assert described == {"operation": 6, "arg2": SESSION, "arg4": 64, "arg5": 0}


def test_finds_no_key(live: Live) -> None:
    run = live.run(
        call("keyctl", JOIN_SESSION_KEYRING, None),
        call("keyctl", SEARCH, SESSION, "user", "no such key", 0),
        call("keyctl", RESTRICT_KEYRING, 0x7FFFFFF0, None, "rest"),
        call("keyctl", 1000, 1, 2, 3, 4),
    )
    _, search, restrict, unknown = (event.params for event in run.events("keyctl"))
    assert search == {
        "res": -errno.ENOKEY,
        "operation": 10,
        "arg2": SESSION,
        "arg3": "user",
        "arg4": "no such key",
        "arg5": 0,
    }
    assert (restrict["arg2"], restrict["arg3"], restrict["arg4"], restrict["arg5"]) == (0x7FFFFFF0, "", "rest", 0)
    assert unknown == {"res": -errno.EOPNOTSUPP, "operation": 1000, "arg2": 0, "arg3": 0, "arg4": 0, "arg5": 0}
