# SPDX-License-Identifier: Apache-2.0
"""writev."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from support.calls import call
from support.recorder import Live


def test_several_buffers(live: Live, tmp_path: Path) -> None:
    made = call("open", tmp_path / "a", os.O_CREAT | os.O_WRONLY, 0o600)
    run = live.run(made, call("writev", made, ["hello ", 6, None, 0, "world", 5], 3))
    (event,) = run.events("writev")
    assert event.params == {"res": 11, "data": b"hello world", "fd": made.ret, "size": 11}
    assert event.fields["fd.name"] == str(tmp_path / "a")


def test_more_than_is_kept(live: Live, tmp_path: Path) -> None:
    """The size is that of all buffers, however few of their bytes are kept."""
    made = call("open", tmp_path / "a", os.O_CREAT | os.O_WRONLY, 0o600)
    run = live.run(made, call("writev", made, [item for _ in range(40) for item in (bytes(10), 10)], 40))
    (event,) = run.events("writev")
    assert event.params == {"res": 400, "data": bytes(80), "fd": made.ret, "size": 400}


def test_what_should_have_been_written(live: Live) -> None:
    run = live.run(call("writev", 987, ["hello", 5], 1))
    (event,) = run.events("writev")
    assert event.params == {"res": -errno.EBADF, "data": b"hello", "fd": 987, "size": 5}


def test_bad_address(live: Live, tmp_path: Path) -> None:
    made = call("open", tmp_path / "a", os.O_CREAT | os.O_WRONLY, 0o600)
    run = live.run(made, call("writev", made, None, 2))
    (event,) = run.events("writev")
    assert event.params == {"res": -errno.EFAULT, "data": None, "fd": made.ret, "size": 0}
