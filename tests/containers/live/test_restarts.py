# SPDX-License-Identifier: Apache-2.0
"""Engines end and start again while a sensor watches their containers."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from support.engines.daemons import Engine
from support.engines.images import Image
from support.engines.servant import Servant
from support.engines.watching import Alerts, settings_for, watching

_CHANGED = """
- rule: changed
  desc: a file of the application was opened for writing
  condition: >
    evt.type in (open, openat, openat2) and evt.is_open_write = true and fd.name startswith /app/
    and container.id != host
  output: "%fd.name in %container.id of %container.image.repository"
  priority: NOTICE
"""


@pytest.fixture
def servant(engine: Engine, image: Image) -> Iterator[Servant]:
    servant = Servant(engine, image, "servant")
    yield servant
    servant.close()


def _images(alerts: Alerts) -> dict[object, object]:
    """The image of each alert, by the file."""
    return {alert.fields["fd.name"]: alert.fields["container.image.repository"] for alert in alerts}


def test_what_is_known_stays_known(engine: Engine, image: Image, servant: Servant) -> None:
    with watching(engine.world, _CHANGED, containers=settings_for(engine)) as alerts:
        servant.make("/app/1")
        alerts.collect()
        engine.stop()
        try:
            servant.make("/app/2")
            alerts.collect()
        finally:
            engine.start()
        servant.make("/app/3")
    assert _images(alerts) == dict.fromkeys(("/app/1", "/app/2", "/app/3"), image.repository)


def test_what_an_engine_could_not_tell_it_tells_later(engine: Engine, image: Image, servant: Servant) -> None:
    engine.stop()
    with watching(engine.world, _CHANGED, containers=settings_for(engine, wait_ms=3000)) as alerts:
        try:
            servant.make("/app/1")
            alerts.collect()
        finally:
            engine.start()
        assert _images(alerts) == {"/app/1": None}
        # The time until the next request to the engine does not matter here, only that there is one.
        number = 2
        while image.repository not in _images(alerts).values():
            servant.make(f"/app/{number}")
            alerts.collect()
            number += 1
            assert number < 300
            time.sleep(0.1)
        after = Servant(engine, image, "after")
        after.make("/app/after")
        alerts.collect()
        after.close()
    assert _images(alerts)["/app/after"] == image.repository
