# SPDX-License-Identifier: Apache-2.0
"""symlinkat."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from support.calls import call
from support.expect import found, named
from support.falco import AT_FDCWD
from support.recorder import Live


def test_links(live: Live, tmp_path: Path) -> None:
    directory = call("open", tmp_path, os.O_RDONLY, 0)
    run = live.run(directory, call("symlinkat", "/etc/shadow", directory, "link"), cwd="/")
    (event,) = run.events("symlinkat")
    assert event.params == {
        "res": 0,
        "target": "/etc/shadow",
        "linkdirfd": directory.ret,
        "linkpath": found("link", tmp_path),
    }


def test_target_is_empty(live: Live, tmp_path: Path) -> None:
    run = live.run(call("symlinkat", "", AT_FDCWD, tmp_path / "link"))
    (event,) = run.events("symlinkat")
    assert event.params == {
        "res": -errno.ENOENT,
        "target": "",
        "linkdirfd": AT_FDCWD,
        "linkpath": named(tmp_path / "link"),
    }
