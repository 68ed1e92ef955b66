# SPDX-License-Identifier: Apache-2.0
"""fchmodat."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from support.calls import call
from support.expect import found, named
from support.falco import AT_FDCWD
from support.recorder import Live


def test_sets_the_bits(live: Live, tmp_path: Path) -> None:
    (tmp_path / "there").touch()
    directory = call("open", tmp_path, os.O_RDONLY, 0)
    run = live.run(directory, call("fchmodat", directory, "there", 0o2755), cwd="/")
    (event,) = run.events("fchmodat")
    assert event.params == {"res": 0, "dirfd": directory.ret, "filename": found("there", tmp_path), "mode": 0o2755}


def test_finds_no_file(live: Live, tmp_path: Path) -> None:
    run = live.run(call("fchmodat", AT_FDCWD, "missing", 0o600), cwd=tmp_path)
    (event,) = run.events("fchmodat")
    assert event.params == {
        "res": -errno.ENOENT,
        "dirfd": AT_FDCWD,
        "filename": named("missing", tmp_path),
        "mode": 0o600,
    }
