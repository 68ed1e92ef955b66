# SPDX-License-Identifier: Apache-2.0
"""The wheel and the source distribution that ``make wheel`` has built."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def wheel(request: pytest.FixtureRequest) -> Path:
    (path,) = Path(request.config.getoption("--wheel")).resolve().glob("*.whl")
    return path


@pytest.fixture(scope="session")
def archive(request: pytest.FixtureRequest) -> Path:
    (path,) = Path(request.config.getoption("--wheel")).resolve().glob("*.tar.gz")
    return path


@pytest.fixture
def contents(wheel: Path) -> Iterator[zipfile.ZipFile]:
    with zipfile.ZipFile(wheel) as opened:
        yield opened
