# SPDX-License-Identifier: Apache-2.0
"""fcntl."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

import pytest
from support.calls import call
from support.falco import FCNTL_BY_NATIVE, Fcntl
from support.recorder import Live


def test_duplicates(live: Live, tmp_path: Path) -> None:
    made = call("open", tmp_path / "a", os.O_CREAT | os.O_RDWR, 0o600)
    run = live.run(made, second := call("fcntl", made, fcntl.F_DUPFD_CLOEXEC, 100))
    (event,) = run.events("fcntl")
    assert second.ret == 100
    assert event.params == {"res": 100, "fd": made.ret, "cmd": Fcntl.DUPFD_CLOEXEC, "arg": 100}
    assert event.fields["fd.name"] == str(tmp_path / "a")


@pytest.mark.parametrize(("native", "number"), FCNTL_BY_NATIVE.items())
def test_commands(live: Live, native: int, number: int) -> None:
    run = live.run(call("fcntl", 987, native, 2**40))
    (event,) = run.events("fcntl")
    assert event.params == {"res": -errno.EBADF, "fd": 987, "cmd": number, "arg": 2**40}
