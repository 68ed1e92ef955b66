# SPDX-License-Identifier: Apache-2.0
"""Scopes that are enforced in the kernel: control groups and containers."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.watch import SETTLE, container_cgroup, on_host

import tiercel
from tiercel import Scope, Sensor

pytestmark = pytest.mark.kernel


@pytest.fixture
def group() -> Iterator[Path]:
    with container_cgroup() as path:
        yield path


def rules(path: Path) -> tiercel.Ruleset:
    return tiercel.Ruleset.loads(f"""
- rule: Marked file opened
  desc: d
  condition: evt.type in (open, openat, openat2) and fd.name startswith "{path}/"
  output: "%fd.filename in %container.id"
  priority: NOTICE
""")


def opened(scope: Scope, tmp_path: Path, group: Path) -> set[str]:
    """Open a file inside of the group and one outside; return the files that the sensor reported."""
    for name in ("inside", "outside"):
        (tmp_path / name).touch()
    with Sensor(rules(tmp_path), scope=scope) as sensor:
        subprocess.run(on_host(["cat", str(tmp_path / "inside")], group), check=True)
        subprocess.run(on_host(["cat", str(tmp_path / "outside")]), check=True)
        assert sensor.flush(SETTLE)
    return {alert.fields["fd.filename"] for alert in sensor.read()}


def test_a_control_group(tmp_path: Path, group: Path) -> None:
    assert opened(Scope.cgroup(group), tmp_path, group) == {"inside"}


def test_the_groups_below_it(tmp_path: Path, group: Path) -> None:
    assert opened(Scope.cgroup(group.parent), tmp_path, group) == {"inside"}


def test_its_path_in_the_hierarchy(tmp_path: Path, group: Path) -> None:
    path = f"/{group.parent.name}/{group.name}"
    assert Scope.cgroup(path).directory() == os.fspath(group)
    assert opened(Scope.cgroup(path), tmp_path, group) == {"inside"}


def test_containers_only(tmp_path: Path, group: Path) -> None:
    assert opened(Scope.containers(), tmp_path, group) == {"inside"}


def test_everything(tmp_path: Path, group: Path) -> None:
    assert opened(Scope.all(), tmp_path, group) == {"inside", "outside"}


def test_they_say_what_they_are() -> None:
    assert str(Scope.all()) == "the whole machine"
    assert str(Scope.tree(7)) == "the process tree of 7"
    assert str(Scope.cgroup("/x")) == "the control group /x"
    assert str(Scope.containers()) == "containers"
    assert Scope.tree(7) == Scope.tree(7) != Scope.tree(8)


def test_what_has_ended_is_forgotten_while_nothing_else_happens(tmp_path: Path) -> None:
    """Records carry the time; a tree of processes that have all ended sends no more of them."""
    other = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
    with Sensor(rules(tmp_path), scope=Scope.tree(other.pid)) as sensor:
        assert sensor._source is not None
        table = sensor._source._table
        other.communicate()
        assert sensor.flush(SETTLE)
        end = time.monotonic() + SETTLE
        while other.pid in {process["tgid"] for process in table.snapshot()}:
            assert time.monotonic() < end
            time.sleep(0.1)
