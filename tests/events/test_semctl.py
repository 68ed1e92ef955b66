# SPDX-License-Identifier: Apache-2.0
"""semctl."""

from __future__ import annotations

import errno

from support.calls import call
from support.falco import Sem
from support.recorder import Live

IPC_PRIVATE, IPC_CREAT = 0, 0o1000
IPC_RMID, GETVAL, SETVAL = 0, 12, 16


def test_sets_and_removes(live: Live) -> None:
    made = call("semget", IPC_PRIVATE, 1, IPC_CREAT | 0o600)
    run = live.run(
        made,
        call("semctl", made, 0, SETVAL, 5),
        call("semctl", made, 0, GETVAL, 9),
        call("semctl", made, 0, IPC_RMID, 0),
    )
    assert [event.params for event in run.events("semctl")] == [
        {"res": 0, "semid": made.ret, "semnum": 0, "cmd": Sem.SETVAL, "val": 5},
        {"res": 5, "semid": made.ret, "semnum": 0, "cmd": Sem.GETVAL, "val": 0},
        {"res": 0, "semid": made.ret, "semnum": 0, "cmd": Sem.RMID, "val": 0},
    ]


def test_finds_no_set(live: Live) -> None:
    run = live.run(call("semctl", -1, 4, GETVAL, 0))
    (event,) = run.events("semctl")
    assert event.params == {"res": -errno.EINVAL, "semid": -1, "semnum": 4, "cmd": Sem.GETVAL, "val": 0}
