# SPDX-License-Identifier: Apache-2.0
"""read."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from support.calls import Zeros, call
from support.recorder import Live


def test_reads(live: Live, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"hello")
    made = call("open", path, os.O_RDONLY, 0)
    run = live.run(made, call("read", made, Zeros(16), 16), call("read", made, Zeros(16), 16))
    first, end = run.events("read")
    assert first.params == {"res": 5, "data": b"hello", "fd": made.ret, "size": 16}
    assert end.params == {"res": 0, "data": None, "fd": made.ret, "size": 16}
    assert (first.fields["fd.num"], first.fields["fd.name"], first.fields["fd.type"]) == (made.ret, str(path), "file")


def test_only_the_first_bytes_are_kept(live: Live, tmp_path: Path) -> None:
    content = bytes(range(256)) * 20
    (tmp_path / "a").write_bytes(content)
    made = call("open", tmp_path / "a", os.O_RDONLY, 0)
    run = live.run(made, call("read", made, Zeros(8192), 8192))
    (event,) = run.events("read")
    assert event.params == {"res": 5120, "data": content[:80], "fd": made.ret, "size": 8192}


def test_descriptor_is_not_open(live: Live) -> None:
    run = live.run(call("read", 987, Zeros(16), 16))
    (event,) = run.events("read")
    assert event.params == {"res": -errno.EBADF, "data": None, "fd": 987, "size": 16}
