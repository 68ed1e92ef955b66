# SPDX-License-Identifier: Apache-2.0
"""sendfile."""

from __future__ import annotations

import errno
import os
import struct
from pathlib import Path

from support.calls import call
from support.recorder import Live


def test_copies(live: Live, tmp_path: Path) -> None:
    """The offset is where reading started."""
    (tmp_path / "a").write_bytes(b"hello world")
    source = call("open", tmp_path / "a", os.O_RDONLY, 0)
    target = call("open", tmp_path / "b", os.O_CREAT | os.O_WRONLY, 0o600)
    run = live.run(source, target, call("sendfile", target, source, struct.pack("=Q", 6), 100))
    (event,) = run.events("sendfile")
    assert event.params == {"res": 5, "offset": 6, "out_fd": target.ret, "in_fd": source.ret, "size": 100}
    assert (event.fields["fd.num"], event.fields["fd.name"]) == (target.ret, str(tmp_path / "b"))


def test_descriptors_are_not_open(live: Live) -> None:
    run = live.run(call("sendfile", 987, 988, None, 3))
    (event,) = run.events("sendfile")
    assert event.params == {"res": -errno.EBADF, "offset": 0, "out_fd": 987, "in_fd": 988, "size": 3}
