# SPDX-License-Identifier: Apache-2.0
"""llseek.  Only 32-bit programs have the call."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from support.calls import Zeros, call, call32
from support.recorder import Live

LLSEEK = 140


def test_two_halves(live: Live, tmp_path: Path) -> None:
    made = call("open", tmp_path / "a", os.O_CREAT | os.O_RDWR, 0o600)
    run = live.run(made, call32(LLSEEK, made, 1, 2, Zeros(8), os.SEEK_CUR))
    (event,) = run.events("llseek")
    assert (event.ia32, event.syscall) == (True, LLSEEK)
    assert event.params == {"res": 0, "fd": made.ret, "offset": 2**32 + 2, "whence": 1}
    assert event.fields["fd.name"] == str(tmp_path / "a")


def test_descriptor_is_not_open(live: Live) -> None:
    run = live.run(call32(LLSEEK, 987, 0, 2**32 - 1, Zeros(8), os.SEEK_END))
    (event,) = run.events("llseek")
    assert event.params == {"res": -errno.EBADF, "fd": 987, "offset": 2**32 - 1, "whence": 2}
