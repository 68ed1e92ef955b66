# SPDX-License-Identifier: Apache-2.0
"""Rules decide which container metadata is requested."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from support.fake_engine import FULL, FakeEngine, docker_container
from support.fake_table import FakeTable
from support.kube_api import ApiServer
from support.waiting import eventually

import tiercel
from tiercel._core.state.process_table import ProcessTable
from tiercel.config.container_settings import ContainerSettings
from tiercel.containers.settings import EngineSettings
from tiercel.engine.metadata import MetadataSession, details_of
from tiercel.kubernetes.settings import KubernetesSettings
from tiercel.notice import Notice
from tiercel.sources.scope import Scope


@pytest.mark.parametrize(
    ("fields", "details"),
    [
        ([("proc.name", None), ("container.id", None)], set()),
        ([("user.name", None), ("proc.name", None)], {"users"}),
        ([("evt.arg", "uid")], {"users"}),
        ([("k8smeta.svc.label", "app"), ("k8s.rc.name", None)], {"k8smeta.svc.labels", "k8smeta.rc.name"}),
    ],
)
def test_what_must_be_known(fields: list[tuple[str, int | str | None]], details: set[str]) -> None:
    assert details_of(fields) == details


@pytest.fixture
def session(tmp_path: Path) -> Iterator[tuple[MetadataSession, FakeTable, list[Notice], FakeEngine]]:
    table = FakeTable()
    notices: list[Notice] = []
    engine = FakeEngine(tmp_path / "docker.sock")
    settings = ContainerSettings(wait_ms=7, engines=EngineSettings(sockets={"docker": (str(engine.path),)}))
    made = MetadataSession(cast("ProcessTable", table), settings, Scope.tree(1), notices.append)
    with engine:
        yield made, table, notices, engine
        made.close()
    table.close()


def test_what_is_needed_is_asked(session: Any) -> None:
    made, table, _, engine = session
    made.need(frozenset({"image", "users"}))
    assert table.parts == ({"info", "names"}, 7_000_000)
    engine.containers[FULL] = docker_container()
    short = table.request(FULL)
    eventually(lambda: short in table.known)
    made.need(frozenset())
    assert table.parts == (frozenset(), 7_000_000)


def test_what_a_sensor_does_not_watch_is_not_worth_a_word(session: Any) -> None:
    """Of a tree of processes a container may be part when one of its processes is."""
    made, table, notices, engine = session
    engine.stop()
    made.need(frozenset({"image"}))
    first = table.request(FULL)
    eventually(lambda: first in table.missing)
    assert notices == []
    second = table.request("ab" * 32, tgid=7)
    eventually(lambda: second in table.missing and notices)
    assert second in notices[0][2]


def test_a_capture_has_engines_asked_and_what_its_condition_needs(session: Any) -> None:
    made, table, _, _ = session
    made.need(frozenset())
    made.keep()
    assert table.parts == ({"info", "details"}, 7_000_000)
    made.keep(frozenset({"users"}))
    assert table.parts == ({"info", "details", "names"}, 7_000_000)
    made.need(frozenset({"image"}))
    assert table.parts == ({"info", "details", "names"}, 7_000_000)


def test_nothing_is_asked_if_nothing_is_needed(session: Any) -> None:
    made, table, notices, engine = session
    made.need(frozenset())
    assert table.parts == (frozenset(), 7_000_000)
    assert engine.requests == notices == []


def test_that_no_cluster_is_asked_is_told_once_if_rules_need_it(session: Any) -> None:
    made, table, notices, engine = session
    for _ in range(2):  # rules may be replaced
        made.need(frozenset({"k8smeta.pod.name"}))
    assert table.parts == (frozenset(), 7_000_000)
    assert engine.requests == []
    ((_, priority, text, _),) = notices
    assert priority is tiercel.Priority.WARNING
    assert "no API server is queried, so fields k8smeta.* have no values (kubernetes.enabled" in text


def test_the_cluster_is_asked_if_it_is_needed(session: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, table, notices, _ = session
    with ApiServer(tmp_path) as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        kubernetes = KubernetesSettings(account=str(server.account), node_name="node-1")
        settings = ContainerSettings(kubernetes=kubernetes)
        made = MetadataSession(cast("ProcessTable", table), settings, Scope.tree(1), notices.append)
        made.need(frozenset({"users"}))
        assert server.seen == []
        made.need(frozenset({"users", "k8smeta.svc.name"}))
        assert table.parts[0] == {"names", "pod"}
        eventually(lambda: {seen.resource for seen in server.seen} == {"pods", "services"})
        made.close()


def test_what_asks_is_imported_when_it_is_needed() -> None:
    names = ("grpc", "tiercel.containers.resolver", "tiercel.kubernetes.service", "kubernetes")
    code = (
        "import sys, tiercel; tiercel.Sensor, tiercel.Ruleset;"
        f"print(*[name for name in sys.modules if name in {names}])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
