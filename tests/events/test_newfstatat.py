# SPDX-License-Identifier: Apache-2.0
"""newfstatat."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from support.calls import Zeros, call
from support.expect import found, named, opened
from support.falco import AT_FDCWD, At
from support.native import AT_EMPTY_PATH, AT_NO_AUTOMOUNT, AT_SYMLINK_NOFOLLOW
from support.recorder import Live


def test_below_a_directory(live: Live, tmp_path: Path) -> None:
    (tmp_path / "there").touch()
    (tmp_path / "link").symlink_to("there")
    directory = call("open", tmp_path, os.O_RDONLY, 0)
    run = live.run(
        directory,
        call("newfstatat", directory, "link", Zeros(256), 0),
        call("newfstatat", directory, "link", Zeros(256), AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT),
        cwd="/",
    )
    events = run.events("newfstatat")
    assert [event.params for event in events] == [
        {"res": 0, "dirfd": directory.ret, "path": opened(tmp_path / "there", "link", tmp_path), "flags": 0},
        {
            "res": 0,
            "dirfd": directory.ret,
            "path": found("link", tmp_path),
            "flags": At.SYMLINK_NOFOLLOW | At.NO_AUTOMOUNT,
        },
    ]
    assert events[0].fields["fd.num"] == directory.ret


def test_of_a_descriptor(live: Live) -> None:
    run = live.run(call("newfstatat", 0, "", Zeros(256), AT_EMPTY_PATH))
    (event,) = run.events("newfstatat")
    assert (event.params["res"], event.params["dirfd"], event.params["flags"]) == (0, 0, At.EMPTY_PATH)
    assert event.params["path"].name == ""


def test_finds_no_file(live: Live, tmp_path: Path) -> None:
    run = live.run(call("newfstatat", AT_FDCWD, "missing", Zeros(256), 0), cwd=tmp_path)
    (event,) = run.events("newfstatat")
    assert event.params == {
        "res": -errno.ENOENT,
        "dirfd": AT_FDCWD,
        "path": named("missing", tmp_path),
        "flags": 0,
    }
