# SPDX-License-Identifier: Apache-2.0
"""pwritev."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from support.calls import call
from support.recorder import Live


def test_at_a_position(live: Live, tmp_path: Path) -> None:
    made = call("open", tmp_path / "a", os.O_CREAT | os.O_WRONLY, 0o600)
    run = live.run(made, call("pwritev", made, ["hello ", 6, "world", 5], 2, 2**33))
    (event,) = run.events("pwritev")
    assert event.params == {"res": 11, "data": b"hello world", "fd": made.ret, "size": 11, "pos": 2**33}
    assert event.fields["fd.name"] == str(tmp_path / "a")


def test_descriptor_is_not_open(live: Live) -> None:
    run = live.run(call("pwritev", 987, ["hello", 5], 1, 0))
    (event,) = run.events("pwritev")
    assert event.params == {"res": -errno.EBADF, "data": b"hello", "fd": 987, "size": 5, "pos": 0}
