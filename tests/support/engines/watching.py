# SPDX-License-Identifier: Apache-2.0
"""A sensor that watches a world of container engines, and nothing else of the machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import tiercel
from support.engines.daemons import Engine
from support.engines.world import World
from support.watch import SETTLE
from tiercel.config.container_settings import ContainerSettings
from tiercel.containers.settings import EngineSettings

# On a busy machine engines take longer to answer than events wait by default.
WAIT_MS = 10_000


class Alerts(list[tiercel.Alert]):
    """The alerts of a sensor that watches a world.

    Attributes:
        sensor: which that is.
        notices: what it said of itself; containers of others on this machine may be among it.
    """

    def __init__(self, sensor: tiercel.Sensor, rules: tiercel.Ruleset) -> None:
        super().__init__()
        self.sensor = sensor
        self.notices: list[tiercel.Alert] = []
        self._rules = {rule.name for rule in rules.rules}

    def collect(self) -> None:
        """Add the alerts of all that has happened so far."""
        assert self.sensor.flush(SETTLE)
        while batch := self.sensor.read():
            for alert in batch:
                (self if alert.rule in self._rules else self.notices).append(alert)


@contextmanager
def watching(world: World, rules: str | tiercel.Ruleset, **options: Any) -> Iterator[Alerts]:
    """Watch a world; all alerts are there when the block has ended. ``options`` are those of the sensor."""
    ruleset = tiercel.Ruleset.loads(rules) if isinstance(rules, str) else rules
    with tiercel.Sensor(ruleset, scope=tiercel.Scope.cgroup(world.group), **options) as sensor:
        alerts = Alerts(sensor, ruleset)
        yield alerts
        alerts.collect()
        stats = sensor.stats()
    assert stats.lossless, stats


def settings_for(*engines: Engine, wait_ms: int = WAIT_MS, **settings: Any) -> ContainerSettings:
    """Settings that connect to these engines only, at their sockets as seen from outside of their worlds."""
    sockets = {engine.name: (str(engine.outer_socket),) for engine in engines}
    return ContainerSettings(engines=EngineSettings(sockets=sockets), wait_ms=wait_ms, **settings)
