# SPDX-License-Identifier: Apache-2.0
"""stat. The kernel follows a link."""

from __future__ import annotations

import errno
from pathlib import Path

from support.calls import Zeros, call
from support.expect import found, named, opened
from support.recorder import Live


def test_finds_a_file(live: Live, tmp_path: Path) -> None:
    (tmp_path / "there").touch()
    (tmp_path / "link").symlink_to("there")
    run = live.run(call("stat", "there", Zeros(256)), call("stat", "link", Zeros(256)), cwd=tmp_path)
    assert [event.params for event in run.events("stat")] == [
        {"res": 0, "path": found("there", tmp_path)},
        {"res": 0, "path": opened(tmp_path / "there", "link", tmp_path)},
    ]


def test_finds_no_file(live: Live, tmp_path: Path) -> None:
    run = live.run(call("stat", tmp_path / "missing", Zeros(256)))
    (event,) = run.events("stat")
    assert event.params == {"res": -errno.ENOENT, "path": named(tmp_path / "missing")}
