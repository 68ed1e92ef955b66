# SPDX-License-Identifier: Apache-2.0
"""flock."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

from support.calls import call
from support.falco import Lock
from support.recorder import Live


def test_locks_a_file(live: Live, tmp_path: Path) -> None:
    file = call("open", tmp_path / "there", os.O_CREAT | os.O_RDWR, 0o600)
    run = live.run(
        file,
        call("flock", file, fcntl.LOCK_EX | fcntl.LOCK_NB),
        call("flock", file, fcntl.LOCK_SH),
        call("flock", file, fcntl.LOCK_UN),
    )
    events = run.events("flock")
    assert [event.params for event in events] == [
        {"res": 0, "fd": file.ret, "operation": Lock.EX | Lock.NB},
        {"res": 0, "fd": file.ret, "operation": Lock.SH},
        {"res": 0, "fd": file.ret, "operation": Lock.UN},
    ]
    assert {event.fields["fd.name"] for event in events} == {str(tmp_path / "there")}


def test_descriptor_is_not_open(live: Live) -> None:
    run = live.run(call("flock", 99, fcntl.LOCK_SH))
    (event,) = run.events("flock")
    assert event.params == {"res": -errno.EBADF, "fd": 99, "operation": Lock.SH}
