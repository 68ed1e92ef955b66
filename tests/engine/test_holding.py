# SPDX-License-Identifier: Apache-2.0
"""A sensor whose container engine takes its time: events wait for it, and not for ever."""

from __future__ import annotations

import json
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support import cgroups, groups
from support.compiling import rule
from support.fake_engine import DOCKER_IMAGE, FakeEngine, docker_container
from support.waiting import eventually

from tiercel import Alert, ContainerSettings, Ruleset, Scope, Sensor
from tiercel.containers.settings import EngineSettings

pytestmark = pytest.mark.kernel

OPENS = "evt.type in (open, openat, openat2) and fd.name = /etc/hostname"
IMAGE = "container.image.repository"
RULES = (
    rule(f'{OPENS} and {IMAGE} contains "shop/web"', "listed", output=f"'%{IMAGE}:%container.image.tag by %proc.name'")
    + rule(f"{OPENS} and container.id != host and not {IMAGE} in (bank)", "not allowed", output=f"'%{IMAGE}'")
    + rule(f"{OPENS} and container.id = host", "on the host", output="'%proc.name'")
)  # fmt: skip
WAIT_MS = 1000  # long enough for a process that enters the container to act in it, on a busy machine too
# It is on the host, wherever this test is, then in the container, where it acts and ends at once.
SCRIPT = """
read _
for root in "$@"; do echo $$ >"$root/cgroup.procs"; done
cat /etc/hostname
echo $$ >"$0/cgroup.procs"
exec head -c1 /etc/hostname
"""


@contextmanager
def container(tmp_path: Path) -> Iterator[tuple[Path, FakeEngine]]:
    """A control group that is named as docker's, and an engine with its metadata."""
    identity = uuid.uuid4().hex * 2
    kind = ("cgroup", "memory") if groups.HYBRID else ("cgroup2", "")
    with groups.group(*kind, name=f"docker-{identity}.scope") as group, FakeEngine(tmp_path / "sock") as engine:
        found = docker_container(identity)
        engine.containers[identity] = found
        engine.images[found["Image"]] = DOCKER_IMAGE
        yield group, engine


def start(group: Path) -> subprocess.Popen[bytes]:
    """A process that waits for a line before it does anything."""
    roots = [*cgroups.roots("cgroup"), *cgroups.roots("cgroup2")]
    command = ["sh", "-c", SCRIPT, str(group), *map(str, roots)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)


def alerts(group: Path, engine: FakeEngine, **settings: object) -> tuple[list[Alert], Sensor]:
    """Alerts about a process that enters the container; a closed gate of the engine opens once an event is held."""
    engines = EngineSettings(sockets={"docker": (str(engine.path),)})
    process = start(group)
    sensor = Sensor(
        Ruleset.loads(RULES),
        scope=Scope.tree(process.pid),
        containers=ContainerSettings(engines=engines, **settings),  # type: ignore[arg-type]
    )
    with sensor:
        process.communicate(b"\n")
        eventually(lambda: sensor.stats().containers.held)
        engine.gate.set()
        assert sensor.flush(30)
        found = [alert for alert in sensor.read() if alert.source == "syscall"]
    return found, sensor


def test_an_alert_waits_for_the_image(tmp_path: Path) -> None:
    with container(tmp_path) as (group, engine):
        engine.gate.clear()
        found, sensor = alerts(group, engine, wait_ms=20_000)
    assert [alert.rule for alert in found] == ["on the host", "listed"]
    assert found[1].message == "registry.example:5000/shop/web:2.1 by head"
    assert "container.metadata" not in found[1].fields
    stats = sensor.stats().containers
    assert (stats.held, stats.overdue, stats.uncertain_matches, stats.alerts_missing_metadata) == (1, 0, 0, 0)


def test_an_engine_that_is_too_slow(tmp_path: Path) -> None:
    with container(tmp_path) as (group, engine):
        engine.delay = 30
        found, sensor = alerts(group, engine, wait_ms=WAIT_MS)
    assert [alert.rule for alert in found] == ["on the host", "not allowed"]
    assert found[1].message == "<NA>"
    assert found[1].fields["container.metadata"] == "unknown"
    assert json.loads(found[1].to_json())["output_fields"]["container.metadata"] == "unknown"
    stats = sensor.stats().containers
    assert (stats.held, stats.overdue, stats.uncertain_matches, stats.alerts_missing_metadata) == (1, 1, 1, 1)


def test_what_hangs_on_the_unknown_is_skipped_if_told_to(tmp_path: Path) -> None:
    with container(tmp_path) as (group, engine):
        engine.delay = 30
        found, sensor = alerts(group, engine, wait_ms=WAIT_MS, unknown="skip")
    assert [alert.rule for alert in found] == ["on the host"]
    assert sensor.stats().containers.suppressed_matches == 1


def test_nothing_is_held_where_nothing_can_match(tmp_path: Path) -> None:
    with container(tmp_path) as (group, engine):
        engine.delay = 30
        process = start(group)
        engines = EngineSettings(sockets={"docker": (str(engine.path),)})
        rules = Ruleset.loads(rule(f"evt.type in (open, openat) and fd.name = /nowhere and {IMAGE} = x"))
        sensor = Sensor(rules, scope=Scope.tree(process.pid), containers=ContainerSettings(engines=engines))
        with sensor:
            process.communicate(b"\n")
            assert sensor.flush(30)
    assert sensor.stats().containers.held == 0
