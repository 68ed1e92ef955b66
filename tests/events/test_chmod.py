# SPDX-License-Identifier: Apache-2.0
"""chmod."""

from __future__ import annotations

import errno
from pathlib import Path

from support.calls import call
from support.expect import found, named
from support.recorder import Live


def test_sets_the_bits(live: Live, tmp_path: Path) -> None:
    path = tmp_path / "there"
    path.touch()
    run = live.run(call("chmod", path, 0o6751))
    (event,) = run.events("chmod")
    assert event.params == {"res": 0, "filename": found(path), "mode": 0o6751}


def test_only_the_permission_bits_count(live: Live, tmp_path: Path) -> None:
    (tmp_path / "there").touch()
    run = live.run(call("chmod", "there", 0o101644), cwd=tmp_path)
    (event,) = run.events("chmod")
    assert event.params == {"res": 0, "filename": found("there", tmp_path), "mode": 0o1644}


def test_finds_no_file(live: Live, tmp_path: Path) -> None:
    run = live.run(call("chmod", tmp_path / "missing", 0o777))
    (event,) = run.events("chmod")
    assert event.params == {"res": -errno.ENOENT, "filename": named(tmp_path / "missing"), "mode": 0o777}
