# SPDX-License-Identifier: Apache-2.0
"""The packaged rule about application directories, and the pattern that it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.watch import private, shell, watch, watch_packaged

import tiercel

pytestmark = pytest.mark.kernel

RULE = "Application file opened for writing"
SETUP = "mount -t tmpfs none /opt; mkdir -p /opt/app/lib /opt/application; "


def test_an_application_file_is_opened_for_writing() -> None:
    (alert,) = watch_packaged(private(SETUP + "echo x > /opt/app/lib/main.py")).of(RULE)
    assert alert.fields["fd.name"] == "/opt/app/lib/main.py"
    assert "O_WRONLY" in alert.fields["evt.arg.flags"]
    assert alert.priority is tiercel.Priority.WARNING


def test_reading_and_neighbours_are_no_alert() -> None:
    script = "touch -c /opt/app/none; ls /opt/app; echo x > /opt/application/x; cat /opt/app/none || true"
    assert watch_packaged(private(f"{SETUP} {{ {script}; }} >/dev/null 2>&1")).of(RULE) == []


def test_the_list_can_be_extended(tmp_path: Path) -> None:
    local = tmp_path / "local.yaml"
    local.write_text(f"- list: application_directories\n  items: [{tmp_path}/shop]\n  override:\n    items: append\n")
    (tmp_path / "shop").mkdir()
    rules = tiercel.Ruleset.load(*_packaged_paths(), local)
    (alert,) = watch(rules, shell('echo x > "$1/shop/price"', tmp_path)).of(RULE)
    assert alert.fields["fd.name"] == f"{tmp_path}/shop/price"


def _packaged_paths() -> list[Path]:
    from tiercel.engine.ruleset import packaged_sets

    return packaged_sets()
