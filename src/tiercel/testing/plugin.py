# SPDX-License-Identifier: Apache-2.0
"""A pytest plugin that collects files with tests of rules.

A file is collected if its path fits a pattern of the setting ``tiercel_tests``, by default ``*.tiercel-test.yaml`` and
``*.tiercel-test.yml``. In all other runs of pytest the plugin does nothing, and imports nothing of tiercel.
"""

from __future__ import annotations

from pathlib import Path

import pytest

__all__ = ["pytest_addoption", "pytest_collect_file"]

_PATTERNS = ["*.tiercel-test.yaml", "*.tiercel-test.yml"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the setting."""
    text = "patterns of the paths of files with tests of rules, collected by tiercel"
    parser.addini("tiercel_tests", text, type="args", default=_PATTERNS)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect a file whose path fits."""
    if file_path.suffix not in {".yaml", ".yml"} or not any(
        file_path.match(pattern) for pattern in parent.config.getini("tiercel_tests")
    ):
        return None
    from tiercel.testing.collecting import RuleFile

    return RuleFile.from_parent(parent, path=file_path)
