# SPDX-License-Identifier: Apache-2.0
"""A sensor, a container, and an engine in every state that an engine can be in: alerts come, with the image."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support import cgroups, live
from support.fake_engine import DOCKER_IMAGE, FakeEngine, answer, docker_container
from support.waiting import eventually
from support.watch import SETTLE

import tiercel
from tiercel.config.container_settings import ContainerSettings
from tiercel.containers.engines.worker import SLOW
from tiercel.containers.settings import EngineSettings

pytestmark = pytest.mark.kernel

REPOSITORY = "registry.example:5000/shop/web"
RULES = """
- rule: file
  desc: a file was made
  condition: evt.type in (open, openat) and fd.name contains tiercel-made
  output: "%fd.name in %container.name of %container.image.repository"
  priority: NOTICE
- rule: file of the application
  desc: a file was made in a container of a certain image
  condition: evt.type in (open, openat) and fd.name contains tiercel-made and container.image.repository endswith /web
  output: "%fd.name"
  priority: NOTICE
"""


LONG_MS = 15_000


class Watched:
    """A process in a control group like a container's, and a sensor that watches it."""

    def __init__(self, folder: Path, engine: FakeEngine) -> None:
        self.folder = folder
        self.id = secrets.token_hex(32)
        self.engine = engine
        engine.containers[self.id] = docker_container(self.id)
        engine.images["sha256:" + "ab" * 32] = DOCKER_IMAGE
        self.process = cgroups.Worker(self.id)
        self.notices: list[tiercel.Notice] = []
        self.made = 0

    def sensor(self, wait_ms: int = 500) -> tiercel.Sensor:
        """A sensor whose events wait as long as they do by default, or longer than any engine takes: ``LONG_MS``."""
        scope = tiercel.Scope.cgroup(str(self.process.group))
        rules = tiercel.Ruleset.loads(RULES)
        engines = EngineSettings(sockets={"docker": (str(self.engine.path),)})
        settings = ContainerSettings(engines=engines, wait_ms=wait_ms)
        return tiercel.Sensor(rules, scope=scope, containers=settings, rule_matching="all")

    def make(self, sensor: tiercel.Sensor) -> dict[str, Any]:
        """Make a file in the container; return the image by rule that alerted."""
        self.made += 1
        path = self.folder / f"tiercel-made-{self.made}"
        self.process.do(f"os.close(os.open({str(path)!r}, os.O_CREAT | os.O_WRONLY))")
        assert sensor.flush(SETTLE)
        found = {}
        while batch := sensor.read():
            for alert in batch:
                if alert.fields.get("fd.name") == str(path):
                    found[alert.rule] = alert.fields.get("container.image.repository")
        self.notices += sensor.notices.take()
        return found

    def warnings(self, sensor: tiercel.Sensor) -> list[str]:
        self.notices += sensor.notices.take()
        wanted = (tiercel.Priority.WARNING, "container engine")
        return [notice.text for notice in self.notices if (notice.priority, notice.kind) == wanted]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[FakeEngine]:
    made = FakeEngine(tmp_path / "docker.sock")
    yield made
    made.stop()


@pytest.fixture
def watched(tmp_path: Path, engine: FakeEngine) -> Iterator[Watched]:
    live.gate(live.root_problem())
    made = Watched(tmp_path, engine)
    yield made
    made.process.close()


KNOWN = {"file": REPOSITORY, "file of the application": None}
UNKNOWN = {"file": None}


def until_known(watched: Watched, sensor: tiercel.Sensor) -> None:
    eventually(lambda: watched.make(sensor) == KNOWN, 60)


def test_the_image_is_known(watched: Watched) -> None:
    watched.engine.start()
    with watched.sensor(LONG_MS) as sensor:
        assert watched.make(sensor) == KNOWN
        assert watched.warnings(sensor) == []
        assert sensor.stats().containers.known > 0
        (docker,) = sensor.stats().containers.engines
    assert docker == tiercel.EngineStats("docker", str(watched.engine.path), "up", lookups=docker.lookups, failed=0)
    assert docker.lookups > 0
    assert (sensor.stats().containers.engines, sensor.stats().kubernetes) == ((docker,), None), "as they were"


def test_an_answer_that_takes_a_moment_is_waited_for(watched: Watched) -> None:
    watched.engine.start()
    watched.engine.gate.clear()

    def answer_when_held() -> None:
        eventually(lambda: sensor.stats().containers.held)
        watched.engine.gate.set()

    with watched.sensor(LONG_MS) as sensor:
        answering = threading.Thread(target=answer_when_held)
        answering.start()
        assert watched.make(sensor) == KNOWN
        answering.join()


def test_there_is_no_engine_and_then_there_is(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tiercel.containers.resolver._SOCKET_SCAN_PERIOD", 0.05)
    with watched.sensor() as sensor:
        assert watched.make(sensor) == UNKNOWN
        assert watched.make(sensor) == UNKNOWN
        watched.engine.start()
        until_known(watched, sensor)
        outputs = [notice.text for notice in watched.notices if "no engine that could be queried" in notice.text]
    assert len([text for text in outputs if "podman.socket" not in text]) == 1


@pytest.mark.slow
def test_an_engine_that_takes_ten_seconds(watched: Watched) -> None:
    """Alerts do not wait for it; a warning says so; it gets requests again when it is quick."""
    watched.engine.start()
    watched.engine.delay = 10
    with watched.sensor() as sensor:
        assert watched.make(sensor) == UNKNOWN
        while not watched.warnings(sensor):
            assert watched.make(sensor) == UNKNOWN
        watched.engine.delay = 0
        until_known(watched, sensor)
        (warning,) = watched.warnings(sensor)
    assert f"no answer for {SLOW:.0f} seconds" in warning


@pytest.mark.parametrize(
    "bad", [{"cut": 60}, {"raw": b"\0\xff nonsense"}, {"raw": answer("?")}, {"raw": b"HTTP/1.1 500 No\r\n\r\n"}]
)
def test_an_engine_that_answers_badly(watched: Watched, bad: dict[str, Any]) -> None:
    watched.engine.start()
    for name, value in bad.items():
        setattr(watched.engine, name, value)
    with watched.sensor() as sensor:
        assert watched.make(sensor) == UNKNOWN
        while not watched.warnings(sensor):
            assert watched.make(sensor) == UNKNOWN
        watched.engine.cut = watched.engine.raw = None
        until_known(watched, sensor)
        assert len(watched.warnings(sensor)) == 1


def test_an_engine_that_ends_and_comes_back(watched: Watched) -> None:
    watched.engine.start()
    with watched.sensor(LONG_MS) as sensor:
        assert watched.make(sensor) == KNOWN
        watched.engine.stop()
        while not watched.warnings(sensor):
            assert watched.make(sensor) == KNOWN  # from the earlier response
        (docker,) = sensor.stats().containers.engines
        assert docker.state == "down"
        assert docker.failed > 0
        watched.engine.start()
        assert watched.make(sensor) == KNOWN
        assert len(watched.warnings(sensor)) == 1
