# SPDX-License-Identifier: Apache-2.0
"""The source distribution. ``make wheel`` builds the wheel from it, so that it is known to build."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from pathlib import Path

from support.live import REPOSITORY
from support.sourcetree import files

# The packaged rules are a link in the repository, and files here.
LINK = "src/tiercel/_rules"
ADDED = {"PKG-INFO", "setup.cfg"}


def names(archive: Path) -> set[str]:
    with tarfile.open(archive) as tar:
        return {member.name.partition("/")[2] for member in tar if not member.isdir()}


def test_holds_the_repository(archive: Path) -> None:
    rules = {f"{LINK}/{path.relative_to(REPOSITORY / 'rules')}" for path in (REPOSITORY / "rules").rglob("*.yaml")}
    expected = {str(path.relative_to(REPOSITORY)) for path in files()} - {LINK}
    assert names(archive) == expected | rules | ADDED


def test_makes_itself(archive: Path, tmp_path: Path) -> None:
    """Without git, of which it has nothing."""
    with tarfile.open(archive) as tar:
        tar.extractall(tmp_path, filter="data")
    (tree,) = tmp_path.iterdir()
    subprocess.run([sys.executable, "setup.py", "-q", "sdist", "--dist-dir", tmp_path / "again"], cwd=tree, check=True)
    (again,) = (tmp_path / "again").iterdir()
    assert names(again) == names(archive)
