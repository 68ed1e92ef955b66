# SPDX-License-Identifier: Apache-2.0
"""mknod."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest
from support.calls import call
from support.expect import found
from support.recorder import Live


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (stat.S_IFIFO | 0o644, stat.S_IFIFO | 0o644),
        (stat.S_IFREG | 0o4711, stat.S_IFREG | 0o4711),
        (0o600, stat.S_IFREG | 0o600),
        (stat.S_IFSOCK | 0o777, stat.S_IFSOCK | 0o777),
    ],
)
def test_makes_a_file(live: Live, tmp_path: Path, mode: int, expected: int) -> None:
    run = live.run(call("mknod", "new", mode, 0), cwd=tmp_path)
    (event,) = run.events("mknod")
    assert event.params == {"res": 0, "path": found("new", tmp_path), "mode": expected, "dev": 0}


def test_makes_a_device(live: Live, tmp_path: Path) -> None:
    number = os.makedev(1, 3)
    run = live.run(made := call("mknod", tmp_path / "null", stat.S_IFCHR | 0o666, number))
    (event,) = run.events("mknod")
    assert event.params == {
        "res": made.ret,
        "path": found(tmp_path / "null"),
        "mode": stat.S_IFCHR | 0o666,
        "dev": number,
    }


def test_there_is_one(live: Live, tmp_path: Path) -> None:
    run = live.run(call("mknod", tmp_path, stat.S_IFBLK | 0o600, 7))
    (event,) = run.events("mknod")
    assert event.params == {
        "res": -errno.EEXIST,
        "path": found(tmp_path),
        "mode": stat.S_IFBLK | 0o600,
        "dev": 7,
    }
