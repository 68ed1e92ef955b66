# SPDX-License-Identifier: Apache-2.0
"""Entries of the map ``cgroup_verdict`` and their effects: scope, filter and shares, on the live kernel."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support import cgroups, groups
from support.watch import SETTLE

import tiercel

OPEN = "open('/etc/hosts').close()"
COUNT = 50
RULE = """
- rule: Opened
  desc: d
  condition: evt.type in (open, openat) and fd.name = /etc/hosts and {}
  output: "%proc.pid %container.id"
  priority: INFO
"""

pytestmark = pytest.mark.kernel


@pytest.fixture
def above() -> Iterator[Path]:
    """A group with those of the test below it, all that is watched: the path of such a one may be containerd's."""
    with groups.group(name="tiercel-verdicts") as made:
        yield made


def opened(sensor: tiercel.Sensor, *workers: cgroups.Worker) -> dict[int, int]:
    """The number of alerts of each worker, after all of them have opened a file many times."""
    for worker in workers:
        worker.do(f"for _ in range({COUNT}): {OPEN}")
    assert sensor.flush(SETTLE)
    found = dict.fromkeys([worker.pid for worker in workers], 0)
    while some := sensor.read():
        for alert in some:
            if alert.rule == "Opened":  # and none of the sensor's own
                found[alert.fields["proc.pid"]] += 1
    return found


@pytest.mark.parametrize(
    ("check", "of_host", "of_container"),
    [
        ("container.id != host", 0, COUNT),
        ("container.id = host", COUNT, 0),
        ("container.image.repository contains nginx", 0, 0),
        ("not container.id = host", 0, COUNT),
    ],
)
def test_what_is_the_hosts_is_filtered(above: Path, check: str, of_host: int, of_container: int) -> None:
    host, container = cgroups.Worker("plain.service", above), cgroups.Worker(groups.container_name(), above)
    try:
        with tiercel.Sensor(tiercel.Ruleset.loads(RULE.format(check)), scope=tiercel.Scope.cgroup(above)) as sensor:
            opened(sensor, host, container)  # whose groups these are is known from here on
            before = sensor.stats().filtered.get("openat", 0)
            assert opened(sensor, host, container) == {host.pid: of_host, container.pid: of_container}
            filtered = sensor.stats().filtered.get("openat", 0) - before
        assert filtered >= COUNT
        assert filtered < 2 * COUNT or of_host == of_container == 0
    finally:
        host.close()
        container.close()


def test_a_process_that_moves_is_where_it_is(above: Path) -> None:
    """Into a container and out again: each event is of the group that it happens in."""
    worker = cgroups.Worker("mover.service", above)
    inside = above / groups.container_name()
    inside.mkdir()
    rules = tiercel.Ruleset.loads(RULE.format("container.id != host"))
    try:
        with tiercel.Sensor(rules, scope=tiercel.Scope.cgroup(above)) as sensor:
            found = []
            for place in (worker.group, inside, worker.group, inside):
                groups.enter(place, worker.pid)
                found.append(opened(sensor, worker)[worker.pid])
            groups.enter(worker.group, worker.pid)
        assert found == [0, COUNT, 0, COUNT]
    finally:
        worker.close()
        cgroups.remove(inside)


def test_a_group_below_that_of_a_container_is_the_containers(above: Path) -> None:
    """A process that may make groups in a container does not leave the container by that."""
    with groups.group(name=f"tiercel-verdicts/{groups.container_name()}") as outer:
        worker = cgroups.Worker("init.scope", outer)
        rules = tiercel.Ruleset.loads(RULE.format("container.id != host"))
        try:
            with tiercel.Sensor(rules, scope=tiercel.Scope.cgroup(above)) as sensor:
                assert opened(sensor, worker) == {worker.pid: COUNT}
        finally:
            worker.close()


def test_a_container_that_is_called_host_is_not_the_host(above: Path) -> None:
    worker, plain = cgroups.Worker("host", above), cgroups.Worker("plain.service", above)
    rules = tiercel.Ruleset.loads(RULE.format("container.id = host"))
    try:
        with tiercel.Sensor(rules, scope=tiercel.Scope.cgroup(above)) as sensor:
            for _ in range(2):
                assert opened(sensor, worker, plain) == {worker.pid: COUNT, plain.pid: COUNT}
    finally:
        worker.close()
        plain.close()


def test_a_container_has_one_share_however_many_groups_it_makes(above: Path) -> None:
    """Two groups of one container flood as one, which is reported by the container's id."""
    name = groups.container_name()
    (above / name).mkdir()
    loud = [cgroups.Worker(f"part{number}", above / name) for number in range(2)]
    rules = tiercel.Ruleset.loads(RULE.format("evt.failed = false"))
    try:
        with tiercel.Sensor(rules, scope=tiercel.Scope.cgroup(above), ring_bytes=1 << 14) as sensor:
            opened(sensor, *loud)
            for worker in loud:
                worker.begin(f"for _ in range(20000): {OPEN}")
            for worker in loud:
                worker.wait()
            assert sensor.flush(SETTLE)
            floods = sensor.stats().floods
        assert [flood.container for flood in floods] == [name.removeprefix("docker-")[:12]]
    finally:
        for worker in loud:
            worker.close()
        cgroups.remove(above / name)
