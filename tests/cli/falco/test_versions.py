# SPDX-License-Identifier: Apache-2.0
"""Versions in Falco's forms."""

from __future__ import annotations

import json
import re

import pytest

from tiercel import cli

SEMVER = r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[\w.-]+)?(\+[\w.-]+)?"
NUMBERS = r"[0-9]+\.[0-9]+\.[0-9]+"


def test_text(capsys: pytest.CaptureFixture[str]) -> None:
    """The pattern is that of Falco's own test."""
    assert cli.main(["falco", "--version"]) == 0
    pattern = (
        rf"Falco version: {SEMVER}\nLibs version:  {SEMVER}\nPlugin API:    {NUMBERS}\nEngine:        {NUMBERS}\n"
        rf"Driver:\n  API version:    {NUMBERS}\n  Schema version: {NUMBERS}\n  Default driver: {SEMVER}\n"
    )
    assert re.fullmatch(pattern, capsys.readouterr().out)


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["falco", "--version", "-o", "json_output=true"]) == 0
    out = capsys.readouterr().out
    found = json.loads(out)
    assert out == json.dumps(found, sort_keys=True, separators=(",", ":")) + "\n"
    assert set(found) == {
        "falco_version",
        "libs_version",
        "plugin_api_version",
        "driver_api_version",
        "driver_schema_version",
        "default_driver_version",
        "engine_version",
        "engine_version_semver",
        "plugin_versions",
    }
    assert (found["engine_version"], found["engine_version_semver"]) == ("63", "0.63.0")
    assert found["plugin_versions"] == {"container": "0.7.1", "k8smeta": "0.4.1"}
