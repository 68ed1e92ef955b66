# SPDX-License-Identifier: Apache-2.0
"""semget."""

from __future__ import annotations

import errno

from support.calls import call
from support.falco import Sem
from support.recorder import Live

IPC_PRIVATE, IPC_CREAT, IPC_EXCL, IPC_RMID = 0, 0o1000, 0o2000, 0


def test_makes_a_set(live: Live) -> None:
    made = call("semget", IPC_PRIVATE, 3, IPC_CREAT | IPC_EXCL | 0o600)
    run = live.run(made, call("semctl", made, 0, IPC_RMID, 0))
    (event,) = run.events("semget")
    assert made.ret >= 0
    assert event.params == {"res": made.ret, "key": 0, "nsems": 3, "semflg": Sem.CREAT | Sem.EXCL}


def test_finds_no_set(live: Live) -> None:
    run = live.run(call("semget", -0x7EDCBA99, 1, 0))
    (event,) = run.events("semget")
    assert event.params == {"res": -errno.ENOENT, "key": -0x7EDCBA99, "nsems": 1, "semflg": 0}
