# SPDX-License-Identifier: Apache-2.0
"""semop."""

from __future__ import annotations

import errno
import struct

from support.calls import call
from support.falco import Sem
from support.recorder import Live

IPC_PRIVATE, IPC_CREAT, IPC_NOWAIT, SEM_UNDO, IPC_RMID = 0, 0o1000, 0o4000, 0x1000, 0


def operations(*rows: tuple[int, int, int]) -> bytes:
    return b"".join(struct.pack("=Hhh", *row) for row in rows)


def test_raises_and_lowers(live: Live) -> None:
    made = call("semget", IPC_PRIVATE, 2, IPC_CREAT | 0o600)
    run = live.run(
        made,
        call("semop", made, operations((0, 3, SEM_UNDO), (1, 2, 0), (0, 1, 0)), 3),
        call("semop", made, operations((0, -1, IPC_NOWAIT)), 1),
        call("semop", made, operations((1, -9, IPC_NOWAIT)), 1),
        call("semctl", made, 0, IPC_RMID, 0),
    )
    first, second, failed = (event.params for event in run.events("semop"))
    assert first == {
        "res": 0, "nsops": 3, "semid": made.ret,
        "sem_num_0": 0, "sem_op_0": 3, "sem_flg_0": Sem.UNDO,
        "sem_num_1": 1, "sem_op_1": 2, "sem_flg_1": 0,
    }  # fmt: skip
    assert second == {
        "res": 0, "nsops": 1, "semid": made.ret,
        "sem_num_0": 0, "sem_op_0": -1, "sem_flg_0": Sem.NOWAIT,
        "sem_num_1": 0, "sem_op_1": 0, "sem_flg_1": 0,
    }  # fmt: skip
    assert failed == {
        "res": -errno.EAGAIN, "nsops": 1, "semid": made.ret,
        "sem_num_0": 0, "sem_op_0": 0, "sem_flg_0": 0,
        "sem_num_1": 0, "sem_op_1": 0, "sem_flg_1": 0,
    }  # fmt: skip
