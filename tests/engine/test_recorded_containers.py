# SPDX-License-Identifier: Apache-2.0
"""Captures contain container metadata: a replay has what an engine reported while they were written."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import cgroups
from support.fake_engine import DOCKER_IMAGE, FakeEngine, docker_container
from support.waiting import eventually
from support.watch import SETTLE

import tiercel
from tiercel.config.container_settings import ContainerSettings
from tiercel.containers.settings import EngineSettings

pytestmark = pytest.mark.kernel

REPOSITORY = "registry.example:5000/shop/web"
# Nothing of a container has to be known for these.
LIVE = """
- rule: made
  desc: a file was made
  condition: evt.type in (open, openat) and fd.name contains tiercel-made
  output: "%fd.name"
  priority: NOTICE
  capture: true
- rule: touched
  desc: another file was made
  condition: evt.type in (open, openat) and fd.name contains tiercel-touched
  output: "%fd.name"
  priority: NOTICE
"""
LATER = f"""
- rule: made in the shop
  desc: a file was made in a container of a certain image
  condition: evt.type in (open, openat) and fd.name contains tiercel-made and container.image.repository = {REPOSITORY}
  output: "%container.name %container.type %container.image.tag %fd.name"
  priority: NOTICE
"""


class Contained:
    """A process in a control group like a container's, and an engine with the metadata of that container."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.id = secrets.token_hex(32)
        self.engine = FakeEngine(folder / "docker.sock")
        self.engine.containers[self.id] = docker_container(self.id)
        self.engine.images["sha256:" + "ab" * 32] = DOCKER_IMAGE
        self.engine.start()
        self.process = cgroups.Worker(self.id)
        self.settings = ContainerSettings(engines=EngineSettings(sockets={"docker": (str(self.engine.path),)}))

    def sensor(self, **settings: object) -> tiercel.Sensor:
        scope = tiercel.Scope.cgroup(str(self.process.group))
        return tiercel.Sensor(tiercel.Ruleset.loads(LIVE), scope=scope, containers=self.settings, **settings)

    def make(self, name: str, how: str = "made") -> str:
        path = str(self.folder / f"tiercel-{how}-{name}")
        self.process.do(f"os.close(os.open({path!r}, os.O_CREAT | os.O_WRONLY))")
        return path

    def close(self) -> None:
        self.process.close()
        self.engine.stop()


@pytest.fixture
def contained(tmp_path: Path) -> Iterator[Contained]:
    made = Contained(tmp_path)
    yield made
    made.close()


def replayed(path: Path) -> list[str]:
    return [alert.message for alert in tiercel.replay(path, tiercel.Ruleset.loads(LATER))]


def test_what_becomes_known_is_recorded_once(contained: Contained, tmp_path: Path) -> None:
    path = tmp_path / "a.scap"
    with contained.sensor() as sensor, sensor.record(path):
        contained.make("early")
        eventually(lambda: REPOSITORY.encode() in path.read_bytes())
        late = contained.make("late")
        sensor.flush(SETTLE)
    (message,) = [message for message in replayed(path) if "late" in message]
    name = docker_container(contained.id)["Name"].lstrip("/")
    assert message.startswith(f"{name} docker ")
    assert message.endswith(late)
    containers = [
        alert.fields["container.id"]
        for alert in tiercel.replay(
            path,
            tiercel.Ruleset.loads("""
- rule: told
  desc: what is known of a container was told
  condition: evt.type = container
  output: "%container.id"
  priority: INFO
"""),
        )
    ]
    assert containers == [contained.id[:12]]


def test_what_is_known_stands_at_the_beginning(contained: Contained, tmp_path: Path) -> None:
    with contained.sensor() as sensor:
        with sensor.record(tmp_path / "first.scap"):
            contained.make("early")
            eventually(lambda: REPOSITORY.encode() in (tmp_path / "first.scap").read_bytes())
        with sensor.record(tmp_path / "second.scap.gz"):
            path = contained.make("at-once")
            sensor.flush(SETTLE)
    assert [message.split()[-1] for message in replayed(tmp_path / "second.scap.gz")] == [path]


def test_captures_of_rules_tell_of_containers(contained: Contained, tmp_path: Path) -> None:
    settings = tiercel.CaptureSettings(path_prefix=str(tmp_path / "capture"), duration=0.3, before=0.0)
    with contained.sensor(captures=settings) as sensor:
        contained.make("early", "touched")
        eventually(lambda: bool(sensor._source and sensor._source.described()))
        path = contained.make("seen")
        sensor.flush(SETTLE)
        eventually(lambda: bool(list(tmp_path.glob("capture*.scap"))))
    (capture,) = tmp_path.glob("capture*.scap")
    assert path in [message.split()[-1] for message in replayed(capture)]


def test_what_a_condition_needs_is_asked(contained: Contained, tmp_path: Path) -> None:
    """No rule needs the users of containers, but the recording does."""
    condition = "evt.type in (open, openat) and fd.name = /etc/hostname and user.name = nobody"
    contained.process.do("os.seteuid(65534)")
    with contained.sensor() as sensor, sensor.record(tmp_path / "a.scap", condition=condition) as recording:

        def is_recorded() -> bool:
            contained.process.do("os.close(os.open('/etc/hostname', os.O_RDONLY))")
            sensor.flush(SETTLE)
            return recording.stats().events > recording.stats().state_only

        eventually(is_recorded)
