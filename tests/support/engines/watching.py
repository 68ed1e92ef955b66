# SPDX-License-Identifier: Apache-2.0
"""A sensor that watches a world of container engines, and nothing else of the machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import tiercel
from support.engines.world import World
from support.watch import SETTLE


@contextmanager
def watching(world: World, rules: str | tiercel.Ruleset, **options: Any) -> Iterator[list[tiercel.Alert]]:
    """Watch a world; the alerts are there when the block has ended. ``options`` are those of the sensor."""
    ruleset = tiercel.Ruleset.loads(rules) if isinstance(rules, str) else rules
    alerts: list[tiercel.Alert] = []
    with tiercel.Sensor(ruleset, scope=tiercel.Scope.cgroup(world.group), **options) as sensor:
        yield alerts
        assert sensor.flush(SETTLE)
        stats = sensor.stats()
    while batch := sensor.read():
        alerts += batch
    assert stats.lossless, stats
