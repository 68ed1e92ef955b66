# SPDX-License-Identifier: Apache-2.0
"""``tiercel check`` of the rule files that the reference runs used: each alone, and in the sets that were run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.cli import tiercel

pytestmark = pytest.mark.shared


def test_each_alone_and_all_sets(shared_dir: Path) -> None:
    peer = shared_dir / "peer"
    manifest = json.loads((peer / "manifest.json").read_text())
    alone = {(path.name,) for path in (peer / "rules").glob("*.yaml")}
    sets = {tuple(run["rule_files"]) for run in manifest["expected"]}
    assert alone
    assert sets
    for files in sorted(alone | sets):
        done = tiercel("check", *(peer / "rules" / name for name in files))
        assert done.status == 0, f"{files}: {done.out}{done.err}"
