# SPDX-License-Identifier: Apache-2.0
"""Events ``container`` of the running system: rules get one for each container whose metadata arrives."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support import cgroups
from support.compiling import rule
from support.fake_engine import DOCKER_IMAGE, FakeEngine, docker_container
from support.waiting import eventually
from support.watch import SETTLE

from tiercel import Alert, ContainerSettings, Ruleset, Scope, Sensor
from tiercel.containers.settings import EngineSettings

pytestmark = pytest.mark.kernel

IMAGE = "container.image.repository"
SHOWN = f"'%container.id %container.name %{IMAGE} %container.privileged'"
STARTED = """
- macro: container_started
  condition: >
    (evt.type = container or (evt.type = execve and proc.vpid = 1)) and container.image.repository != incomplete
"""
RULES = rule("evt.type = container and container.privileged = true", "privileged", output=SHOWN)
OPENS = "evt.type in (open, openat) and fd.name = /etc/hostname"
OPEN = 'os.close(os.open("/etc/hostname", os.O_RDONLY)); os.system("true")'


class Contained:
    """A process in a control group like a container's."""

    def __init__(self, engine: FakeEngine, **changes: object) -> None:
        self.id = secrets.token_hex(32)
        engine.containers[self.id] = docker_container(self.id, **changes)
        self.worker = cgroups.Worker(f"docker-{self.id}.scope")

    @property
    def shown(self) -> str:
        return f"{self.id[:12]} web registry.example:5000/shop/web true"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[FakeEngine]:
    with FakeEngine(tmp_path / "docker.sock") as engine:
        engine.images["sha256:" + "ab" * 32] = DOCKER_IMAGE
        yield engine


@pytest.fixture
def contained(engine: FakeEngine) -> Iterator[Contained]:
    made = Contained(engine)
    yield made
    made.worker.close()


@contextmanager
def sensor_of(engine: FakeEngine, contained: Contained, rules: str = RULES) -> Iterator[Sensor]:
    settings = ContainerSettings(engines=EngineSettings(sockets={"docker": (str(engine.path),)}), wait_ms=20_000)
    scope = Scope.cgroup(str(contained.worker.group))
    with Sensor(Ruleset.loads(rules), scope=scope, containers=settings, rule_matching="all") as sensor:
        yield sensor


def alerts(sensor: Sensor) -> list[Alert]:
    assert sensor.flush(SETTLE)
    return [alert for alert in sensor.read() if alert.source == "syscall"]


def event_count(sensor: Sensor) -> int:
    return sensor.stats().containers.container_events


def until_reported(sensor: Sensor) -> None:
    """Wait less than events of a container do."""
    eventually(lambda: event_count(sensor), 15)


def test_a_container_that_ran_before_is_told_of_once(engine: FakeEngine, contained: Contained) -> None:
    with sensor_of(engine, contained, RULES + rule(OPENS, "opened")) as sensor:
        contained.worker.do(OPEN)
        until_reported(sensor)
        contained.worker.do(OPEN)
        source = sensor._source
        assert source
        source._table.set_container(contained.id[:12], {"name": "again", "privileged": True})
        found = alerts(sensor)
    assert [alert.message for alert in found if alert.rule == "privileged"] == [contained.shown]
    assert sensor.stats().containers.container_events == 1


def test_the_event_is_that_of_captures_and_has_no_process(engine: FakeEngine, contained: Contained) -> None:
    missing = ("proc.name", "proc.pid", "proc.ppid", "proc.vpid", "thread.vtid", "user.name", "user.uid", "fd.name")
    fields = ("evt.type", "evt.is_async", "evt.arg.data", "container.id", *missing)
    output = "'" + " ".join(f"%{field}" for field in fields) + "'"
    with sensor_of(engine, contained, rule("evt.type = container", "told", output=output)) as sensor:
        contained.worker.do(OPEN)
        until_reported(sensor)
        (alert,) = alerts(sensor)
    assert alert.source == "syscall"
    payload = json.loads(str(alert.fields["evt.arg.data"]).rstrip("\0."))
    assert payload["container"]["full_id"] == contained.id
    assert payload["container"]["imagerepo"] == "registry.example:5000/shop/web"
    assert alert.fields["evt.type"] == "container"
    assert alert.fields["evt.is_async"] is True
    assert alert.fields["container.id"] == contained.id[:12]
    for name in missing:
        assert alert.fields.get(name) is None


def test_an_old_macro_for_containers_that_start(engine: FakeEngine, contained: Contained) -> None:
    with sensor_of(engine, contained, STARTED + rule("container_started", "started", output=SHOWN)) as sensor:
        contained.worker.do(OPEN)
        until_reported(sensor)
        assert [alert.message for alert in alerts(sensor)] == [contained.shown]


def test_what_was_held_comes_first(engine: FakeEngine, contained: Contained) -> None:
    engine.gate.clear()
    rules = RULES + rule(f"{OPENS} and {IMAGE} contains shop", "opened")
    with sensor_of(engine, contained, rules) as sensor:
        contained.worker.do(OPEN)
        eventually(lambda: sensor.stats().containers.held)
        engine.gate.set()
        until_reported(sensor)
        found = alerts(sensor)
    assert [alert.rule for alert in found] == ["opened", "privileged"]
    assert sensor.stats().containers.held == 1
    assert found[0].time_ns < found[1].time_ns


def test_containers_outside_the_scope_are_not_told_of(engine: FakeEngine, contained: Contained) -> None:
    other = Contained(engine)
    try:
        with sensor_of(engine, contained) as sensor:
            other.worker.do(OPEN)
            source = sensor._source
            assert source
            for each in (other, contained):
                source._table.set_container(each.id[:12], {"name": "x", "privileged": True})
            assert alerts(sensor) == []
            contained.worker.do(OPEN)
            until_reported(sensor)
            assert [alert.message for alert in alerts(sensor)] == [contained.shown]
    finally:
        other.worker.close()


def test_rules_that_come_later_are_told_of_what_is_known(engine: FakeEngine, contained: Contained) -> None:
    with sensor_of(engine, contained, rule(f"{OPENS} and {IMAGE} contains shop", "opened")) as sensor:
        contained.worker.do(OPEN)
        assert [alert.rule for alert in alerts(sensor)] == ["opened"]
        assert event_count(sensor) == 0
        for _ in range(2):
            sensor.swap_rules(Ruleset.loads(RULES))
        until_reported(sensor)
        assert [alert.message for alert in alerts(sensor)] == [contained.shown]
        assert event_count(sensor) == 1


def test_rules_for_any_event_do_not_ask_for_it(engine: FakeEngine, contained: Contained) -> None:
    with sensor_of(engine, contained, rule("not proc.name = nobody", "any", output="x")) as sensor:
        contained.worker.do(OPEN)
        assert {alert.rule for alert in alerts(sensor)} == {"any"}
        assert sensor._metadata
        assert sensor._metadata._resolver is None
        assert event_count(sensor) == 0


def test_a_description_that_is_too_long_is_left_out(engine: FakeEngine, contained: Contained) -> None:
    engine.containers[contained.id]["Config"]["Env"] = [f"V{i}={'x' * 1000}" for i in range(70)]
    output = "'%container.name %evt.arg.data'"
    with sensor_of(engine, contained, rule("evt.type = container", "told", output=output)) as sensor:
        contained.worker.do(OPEN)
        until_reported(sensor)
        assert [alert.message for alert in alerts(sensor)] == ["web NULL"]
