# SPDX-License-Identifier: Apache-2.0
"""A sensor that watches what the tests of this folder start, and the program that they start."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from support.calls import Running
from support.proc import unified_root
from support.recorder import Live, collect, ruleset

import tiercel


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark all tests of this folder: they need the live kernel."""
    item.add_marker(pytest.mark.kernel)


@pytest.fixture
def begin(program: Path) -> Iterator[Callable[..., Running]]:
    """Starts steps below no sensor in particular: ``begin(step, …)``."""
    with ExitStack() as started:

        def begin(*steps: Any) -> Running:
            running = Running(program, steps)
            started.callback(running.close)
            return running

        yield begin


@pytest.fixture(scope="package")
def recording() -> Iterator[tiercel.Sensor]:
    """A sensor that records every event below this process."""
    with pytest.MonkeyPatch.context() as patch:
        # The start of another sensor is 10,000 events, each an alert with every field: more than the usual 16 MiB.
        patch.setattr("tiercel.sources.live._QUEUE_BYTES", 128 << 20)
        with tiercel.Sensor(ruleset(), scope=tiercel.Scope.tree(os.getpid())) as sensor:
            patch.undo()
            yield sensor
            stats = sensor.stats()
            assert stats.lossless, (stats.drops, stats.malformed, stats.lost_alerts, stats.evicted)


@pytest.fixture(autouse=True)
def drained(recording: tiercel.Sensor) -> Iterator[None]:
    """Empty the queue after every test, also after a test that reads no alerts: its memory is limited."""
    yield
    collect(recording)


@pytest.fixture
def live(recording: tiercel.Sensor, program: Path) -> Live:
    """Runs below the recording sensor, which has no events left over from another test."""
    collect(recording)
    return Live(recording, program)


@pytest.fixture
def cgroup(tmp_path: Path) -> Iterator[Path]:
    """A new directory of the unified hierarchy, empty again at the end."""
    path = unified_root() / f"tiercel-test-{os.getpid()}"
    path.mkdir()
    yield path
    path.rmdir()
