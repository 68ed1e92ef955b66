# SPDX-License-Identifier: Apache-2.0
"""readv."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from support.calls import Zeros, call
from support.recorder import Live


def test_several_buffers(live: Live, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"hello world")
    made = call("open", path, os.O_RDONLY, 0)
    run = live.run(made, call("readv", made, [Zeros(4), 4, Zeros(2), 2, Zeros(64), 64], 3))
    (event,) = run.events("readv")
    assert event.params == {"res": 11, "size": 11, "data": b"hello world", "fd": made.ret}
    assert event.fields["fd.name"] == str(path)


def test_only_the_first_bytes_are_kept(live: Live, tmp_path: Path) -> None:
    content = bytes(range(250))
    (tmp_path / "a").write_bytes(content)
    made = call("open", tmp_path / "a", os.O_RDONLY, 0)
    run = live.run(made, call("readv", made, [item for _ in range(5) for item in (Zeros(50), 50)], 5))
    (event,) = run.events("readv")
    assert event.params == {"res": 250, "size": 250, "data": content[:80], "fd": made.ret}


def test_descriptor_is_not_open(live: Live) -> None:
    run = live.run(call("readv", 987, [Zeros(4), 4], 1))
    (event,) = run.events("readv")
    assert event.params == {"res": -errno.EBADF, "size": 0, "data": None, "fd": 987}
