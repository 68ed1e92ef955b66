# SPDX-License-Identifier: Apache-2.0
"""Users and groups, read from the machine's own files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tiercel.sources.host_accounts import NameFile, host_file

PASSWD = b"""root:x:0:0:root:/root:/bin/bash
me:x:1000:1000::/home/me:
# no entry
+nis
other:x:1000:5:second of the same number:/:/bin/sh
big:x:4294967296:0::/:
short:x:7
"""


def test_columns_by_number(tmp_path: Path) -> None:
    path = tmp_path / "passwd"
    path.write_bytes(PASSWD)
    file = NameFile(path)
    entries = file.read_if_changed()
    assert entries is not None
    assert {number: row[0] for number, row in entries.items()} == {0: b"root", 1000: b"me", 7: b"short"}
    assert entries[1000][5:] == [b"/home/me", b""]
    assert file.read_if_changed() is None
    path.write_bytes(PASSWD + b"new:x:9:9::/:/bin/sh\n")
    assert (file.read_if_changed() or {})[9][6] == b"/bin/sh"


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert NameFile(tmp_path / "nosuch").read_if_changed() is None


def test_the_hosts_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the machine, also for a sensor in a container that sees them below a folder."""
    monkeypatch.setenv("HOST_ROOT", str(tmp_path))
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/passwd").write_bytes(PASSWD)
    assert (host_file("passwd").read_if_changed() or {})[1000][0] == b"me"
    assert host_file("group").read_if_changed() is None
    monkeypatch.delenv("HOST_ROOT")
    assert (host_file("passwd").read_if_changed() or {})[0][0] == b"root"
