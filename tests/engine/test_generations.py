# SPDX-License-Identifier: Apache-2.0
"""Rules that are replaced again and again: what is kept of those before, and for how long."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.opener import Opener
from support.watch import SETTLE

from tiercel import Ruleset, Sensor

pytestmark = pytest.mark.kernel

RULE = """
- rule: NAME
  desc: d
  condition: evt.type in (open, openat, openat2) and fd.name endswith .marked and evt.failed = false
  output: "%fd.name"
  priority: NOTICE
"""
ONE, TWO = (Ruleset.loads(RULE.replace("NAME", name)) for name in ("One", "Two"))


@pytest.fixture
def marked(tmp_path: Path) -> Path:
    path = tmp_path / "file.marked"
    path.touch()
    return path


@pytest.fixture
def opener() -> Iterator[Opener]:
    with Opener() as found:
        yield found


def kept(sensor: Sensor) -> int:
    assert sensor._intake is not None
    return len(sensor._intake.generations)


def test_rules_without_waiting_alerts_leave_nothing(opener: Opener) -> None:
    with Sensor(ONE, scope=opener.scope) as sensor:
        for _ in range(10):
            sensor.swap_rules(TWO)
            sensor.swap_rules(ONE)
            assert kept(sensor) == 1
        gc.collect()
        tracemalloc.start()
        try:
            before = tracemalloc.get_traced_memory()[0]
            for _ in range(20):
                sensor.swap_rules(TWO)
                sensor.swap_rules(ONE)
            gc.collect()
            left = tracemalloc.get_traced_memory()[0] - before
        finally:
            tracemalloc.stop()
        assert left < 40 * 500


def test_rules_are_kept_until_their_alerts_are_taken(marked: Path, opener: Opener) -> None:
    with Sensor(ONE, scope=opener.scope) as sensor:
        opener.open(marked)
        sensor.swap_rules(TWO)
        opener.open(marked, 2)
        sensor.swap_rules(ONE)
        sensor.swap_rules(ONE)
        assert sensor.flush(SETTLE)
        assert kept(sensor) == 4
        assert [alert.rule for alert in sensor.read(max=2)] == ["One", "Two"]
        sensor.swap_rules(ONE)
        assert kept(sensor) == 4, "those of the third alert and later"
        assert [alert.rule for alert in sensor.read()] == ["Two"]
        sensor.swap_rules(ONE)
        assert kept(sensor) == 1
        opener.open(marked)
        assert sensor.flush(SETTLE)
        assert [alert.rule for alert in sensor.read()] == ["One"]
        assert sensor.stats().matches == {"One": 2, "Two": 2}
    assert sensor.stats().matches == {"One": 2, "Two": 2}
