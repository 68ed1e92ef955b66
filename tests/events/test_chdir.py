# SPDX-License-Identifier: Apache-2.0
"""chdir."""

from __future__ import annotations

import errno
from pathlib import Path

from support.calls import call
from support.recorder import Live


def test_goes_to_a_directory(live: Live, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    run = live.run(call("chdir", "there"), call("chdir", "/"), cwd=tmp_path)
    first, second = run.events("chdir")
    assert first.params == {"res": 0, "path": "there"}
    assert second.params == {"res": 0, "path": "/"}
    assert first.fields["proc.cwd"] == f"{tmp_path}/there/"


def test_finds_no_directory(live: Live, tmp_path: Path) -> None:
    run = live.run(call("chdir", tmp_path / "missing"), call("chdir", None))
    assert [event.params for event in run.events("chdir")] == [
        {"res": -errno.ENOENT, "path": str(tmp_path / "missing")},
        {"res": -errno.EFAULT, "path": None},
    ]
