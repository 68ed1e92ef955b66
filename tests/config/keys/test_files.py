# SPDX-License-Identifier: Apache-2.0
"""The key of further configuration files; tests/config/test_includes.py has their merge."""

from __future__ import annotations

from tiercel.config.config import Config
from tiercel.config.keys.files import config_files
from tiercel.config.values import ConfigValue


def test_paths_of_entries() -> None:
    entries = ["a", {"path": "b"}, {"path": "c", "strategy": "override"}]
    assert config_files(ConfigValue("config_files", entries, {})) == ("a", "b", "c")
    assert config_files(ConfigValue("config_files", "a", {})) == ("a",)
    assert Config.load(None, ["config_files[]=/nowhere/a"]).config_files == ("/nowhere/a",)
