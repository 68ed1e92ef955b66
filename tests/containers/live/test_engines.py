# SPDX-License-Identifier: Apache-2.0
"""Metadata of the real docker, podman and containerd, looked up in the way of a sensor."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from support.engines.daemons import Engine
from support.engines.images import Image
from support.fake_table import FakeTable
from support.waiting import eventually

from tiercel.containers.resolver import MetadataResolver
from tiercel.containers.settings import EngineSettings
from tiercel.notice import Notice


@contextmanager
def resolving(engine: Engine) -> Iterator[tuple[FakeTable, list[Notice], MetadataResolver]]:
    """A table with a resolver for one engine."""
    table, notices = FakeTable(), []
    sockets = {engine.name: (str(engine.outer_socket),)}
    resolver = MetadataResolver(table, EngineSettings(sockets=sockets), wait=0.5, notify=notices.append)
    resolver.start()
    try:
        yield table, notices, resolver
    finally:
        resolver.close()
        table.close()


def known(table: FakeTable, container: str) -> dict[str, Any]:
    short = table.request(container)
    eventually(lambda: short in table.known)
    return dict(table.known[short])


def test_a_container_is_known(engine: Engine, container: str) -> None:
    with resolving(engine) as (table, notices, _):
        values = known(table, container)
    assert values["full_id"] == container
    assert values["type"] == {"cri": "containerd"}.get(engine.name, engine.name)
    assert values["image.repository"] == "registry.test/team/app"
    assert values["image.tag"] == "1.2"
    assert values["privileged"] is False
    assert notices == []


def test_a_container_is_announced(engine: Engine, image: Image) -> None:
    """The engine's metadata is cached before any lookup; the address follows when the container has started."""
    with resolving(engine) as (table, _, resolver):
        eventually(lambda: any(worker._follower is not None for worker in resolver._workers.values()))
        container = engine.run(image, name="announced")
        try:
            eventually(lambda: resolver._machine.metadata(container[:12]))
            table.request(container)
            eventually(lambda: container[:12] in table.known)
            eventually(lambda: table.known[container[:12]].get("ip"))
            assert table.known[container[:12]]["ip"] == engine.address(container)
        finally:
            engine.remove(container)


def test_an_engine_restarts(engine: Engine, container: str, image: Image) -> None:
    """One warning; lookups from the outage succeed as soon as the engine is back."""
    other = engine.run(image, name="other")
    with resolving(engine) as (table, notices, _):
        known(table, container)
        engine.stop()
        try:
            eventually(lambda: [notice for notice in notices if "cannot be queried" in notice[2]])
            unknown, short = table.request("f" * 64), table.request(other)
            eventually(lambda: unknown in table.missing)
        finally:
            engine.start()
        # before the notice if the engine reports past events before the lookup
        eventually(
            lambda: short in table.known
        )  # before the notice if the engine reports past events before the lookup
        eventually(lambda: [notice for notice in notices if "answers again" in notice[2]])
    engine.remove(other)
    assert table.known[short]["full_id"] == other
    assert len([notice for notice in notices if notice[0] == "container engine"]) == 2
