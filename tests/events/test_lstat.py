# SPDX-License-Identifier: Apache-2.0
"""lstat. The kernel does not follow a link."""

from __future__ import annotations

import errno
from pathlib import Path

from support.calls import Zeros, call
from support.expect import found, named
from support.recorder import Live


def test_finds_a_file(live: Live, tmp_path: Path) -> None:
    (tmp_path / "there").touch()
    (tmp_path / "link").symlink_to("there")
    run = live.run(call("lstat", "there", Zeros(256)), call("lstat", "link", Zeros(256)), cwd=tmp_path)
    assert [event.params for event in run.events("lstat")] == [
        {"res": 0, "path": found("there", tmp_path)},
        {"res": 0, "path": found("link", tmp_path)},
    ]


def test_finds_no_file(live: Live, tmp_path: Path) -> None:
    run = live.run(call("lstat", tmp_path / "missing", Zeros(256)))
    (event,) = run.events("lstat")
    assert event.params == {"res": -errno.ENOENT, "path": named(tmp_path / "missing")}
