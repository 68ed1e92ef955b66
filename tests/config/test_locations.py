# SPDX-License-Identifier: Apache-2.0
"""Usual places of the configuration file."""

from __future__ import annotations

from pathlib import Path

from tiercel.config.locations import SEARCHED, default_file


def test_the_first_file_counts(tmp_path: Path) -> None:
    places = [str(tmp_path / name) for name in ("own.yaml", "falco.yaml")]
    assert default_file(places) is None
    Path(places[1]).touch()
    assert default_file(places) == places[1]
    Path(places[0]).symlink_to("/nowhere")
    assert default_file(places) == places[0], "what cannot be read is an error, and not passed over"


def test_own_place_comes_before_falcos() -> None:
    assert SEARCHED == ("/etc/tiercel/tiercel.yaml", "/etc/falco/falco.yaml")
