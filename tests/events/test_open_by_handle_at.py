# SPDX-License-Identifier: Apache-2.0
"""open_by_handle_at. A handle has no name: the path is the file's."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from support.calls import Zeros, call
from support.expect import PathValue, device, inode, opened
from support.falco import AT_FDCWD, O
from support.live import gate, handle_problem
from support.native import file_handle
from support.recorder import Live


def test_opens_a_file(live: Live, tmp_path: Path) -> None:
    path = tmp_path / "there"
    path.touch()
    name = file_handle(path)
    gate(handle_problem(name))
    mount = call("open", tmp_path, os.O_RDONLY, 0)
    run = live.run(mount, made := call("open_by_handle_at", mount, name, os.O_RDWR | os.O_CLOEXEC))
    (event,) = run.events("open_by_handle_at")
    assert made.ret >= 0
    assert event.params == {
        "fd": made.ret,
        "mountfd": mount.ret,
        "flags": O.RDWR | O.CLOEXEC,
        "path": opened(path),
        "dev": device(path),
        "ino": inode(path),
    }
    assert event.fields["fd.name"] == str(path)


def test_is_no_handle(live: Live) -> None:
    run = live.run(call("open_by_handle_at", AT_FDCWD, Zeros(8), os.O_RDONLY))
    (event,) = run.events("open_by_handle_at")
    assert event.params == {
        "fd": -errno.EINVAL,
        "mountfd": AT_FDCWD,
        "flags": O.RDONLY,
        "path": PathValue(None),
        "dev": 0,
        "ino": 0,
    }
