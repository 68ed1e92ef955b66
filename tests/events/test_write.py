# SPDX-License-Identifier: Apache-2.0
"""write."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from support.calls import call
from support.recorder import Live


def test_writes(live: Live, tmp_path: Path) -> None:
    made = call("open", tmp_path / "a", os.O_CREAT | os.O_WRONLY, 0o600)
    run = live.run(made, call("write", made, "hello", 5))
    (event,) = run.events("write")
    assert event.params == {"res": 5, "data": b"hello", "fd": made.ret, "size": 5}
    assert event.fields["fd.name"] == str(tmp_path / "a")


def test_data_of_any_bytes(live: Live, tmp_path: Path) -> None:
    data = b"\0\xff\n\x1b[31m" * 30
    made = call("open", tmp_path / "a", os.O_CREAT | os.O_WRONLY, 0o600)
    run = live.run(made, call("write", made, data, len(data)))
    (event,) = run.events("write")
    assert event.params == {"res": len(data), "data": data[:80], "fd": made.ret, "size": len(data)}


def test_what_should_have_been_written(live: Live) -> None:
    run = live.run(call("write", 987, "hello", 5))
    (event,) = run.events("write")
    assert event.params == {"res": -errno.EBADF, "data": b"hello", "fd": 987, "size": 5}


def test_bad_address(live: Live, tmp_path: Path) -> None:
    made = call("open", tmp_path / "a", os.O_CREAT | os.O_WRONLY, 0o600)
    run = live.run(made, call("write", made, None, 5))
    (event,) = run.events("write")
    assert event.params == {"res": -errno.EFAULT, "data": None, "fd": made.ret, "size": 5}
