# SPDX-License-Identifier: Apache-2.0
"""copy_file_range."""

from __future__ import annotations

import errno
import os
import struct
from pathlib import Path

from support.calls import call
from support.recorder import Live


def test_copies(live: Live, tmp_path: Path) -> None:
    """The offsets are where copying started."""
    (tmp_path / "a").write_bytes(b"hello world")
    source = call("open", tmp_path / "a", os.O_RDONLY, 0)
    target = call("open", tmp_path / "b", os.O_CREAT | os.O_WRONLY, 0o600)
    run = live.run(
        source,
        target,
        call("copy_file_range", source, struct.pack("=Q", 6), target, struct.pack("=Q", 3), 100, 0),
    )
    (event,) = run.events("copy_file_range")
    assert event.params == {
        "res": 5,
        "fdout": target.ret,
        "offout": 3,
        "fdin": source.ret,
        "offin": 6,
        "len": 100,
    }
    assert (event.fields["fd.num"], event.fields["fd.name"]) == (target.ret, str(tmp_path / "b"))


def test_descriptors_are_not_open(live: Live) -> None:
    run = live.run(call("copy_file_range", 987, None, 988, None, 3, 0))
    (event,) = run.events("copy_file_range")
    assert event.params == {"res": -errno.EBADF, "fdout": 988, "offout": 0, "fdin": 987, "offin": 0, "len": 3}
