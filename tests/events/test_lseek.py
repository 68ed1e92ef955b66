# SPDX-License-Identifier: Apache-2.0
"""lseek."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from support.calls import call
from support.recorder import Live


def test_moves(live: Live, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"hello")
    made = call("open", tmp_path / "a", os.O_RDONLY, 0)
    run = live.run(made, call("lseek", made, -1, os.SEEK_END), call("lseek", made, 2**40, os.SEEK_SET))
    back, far = run.events("lseek")
    assert back.params == {"res": 4, "fd": made.ret, "offset": 2**64 - 1, "whence": 2}
    assert far.params == {"res": 2**40, "fd": made.ret, "offset": 2**40, "whence": 0}
    assert back.fields["fd.name"] == str(tmp_path / "a")


def test_descriptor_is_not_open(live: Live) -> None:
    run = live.run(call("lseek", 987, 0, os.SEEK_CUR))
    (event,) = run.events("lseek")
    assert event.params == {"res": -errno.EBADF, "fd": 987, "offset": 0, "whence": 1}
