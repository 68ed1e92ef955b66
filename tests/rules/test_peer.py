# SPDX-License-Identifier: Apache-2.0
"""Rule files that the real Falco was run with: we accept and refuse the same ones, for the same reasons."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tiercel.compiler import check_rules
from tiercel.rules import load_files

pytestmark = pytest.mark.shared

DIFFERENT = {
    "exc-scalar-eq.yaml": "all mistakes are reported, not the first alone",
    "form-plugin-missing.yaml": "Falco asks for plugins when it starts, not when it loads; we do both at once",
}
"""Files where our codes differ, with the reason."""

REFUSED = {
    "form-empty-file.yaml": "Falco starts without any rule; a file that is being rewritten is empty for a moment"
}
"""Files that only tiercel refuses, with the reason."""


def verdicts(shared_dir: Path) -> dict[str, dict[str, Any]]:
    expected: dict[str, dict[str, Any]] = json.loads((shared_dir / "peer/load/expected.json").read_text())
    assert len(expected) == 100
    return expected


def test_the_same_files_are_accepted(shared_dir: Path) -> None:
    different = {
        name
        for name, verdict in verdicts(shared_dir).items()
        if check_rules(load_files([shared_dir / "peer/load" / name])).has_errors is (verdict["exit"] == 0)
    }
    assert different == set(REFUSED)


def test_the_same_codes_are_found(shared_dir: Path) -> None:
    different = {}
    for name, verdict in verdicts(shared_dir).items():
        found = check_rules(load_files([shared_dir / "peer/load" / name])).diagnostics
        ours = sorted(one.falco for one in found if one.falco)
        theirs = sorted(one["code"] for one in [*verdict.get("errors", []), *verdict.get("warnings", [])])
        if ours != theirs:
            different[name] = ours, theirs
    assert set(different) == set(DIFFERENT), different
