# SPDX-License-Identifier: Apache-2.0
"""Lookups of a process table at an engine that speaks gRPC, with the faults that a test wants."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from support.cri import FakeCri
from support.fake_table import FakeTable
from support.waiting import eventually

from tiercel.containers.engines import worker
from tiercel.containers.resolver import MetadataResolver
from tiercel.containers.settings import EngineSettings
from tiercel.notice import Notice

POD = "cd" * 32


class World:
    """A table, its resolver, and an engine that may be there."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "cri.sock"
        self.cri = FakeCri()
        self.cri.sandboxes[POD] = {
            "status": {"id": POD, "metadata": {"name": "web-0", "namespace": "shop"}, "network": {"ip": "10.0.0.7"}}
        }
        self.table = FakeTable()
        self.notices: list[Notice] = []
        settings = EngineSettings(sockets={"cri": (str(self.path),)})
        self.resolver = MetadataResolver(self.table, settings, wait=0.5, notify=self.notices.append)
        self._serving = ExitStack()

    def start(self) -> None:
        self._serving.enter_context(self.cri.serve(self.path))

    def stop(self) -> None:
        self._serving.close()

    def add(self, number: int) -> str:
        """Have the engine make a container; return its whole id."""
        whole = f"{number:04x}" * 16
        status = {"id": whole, "metadata": {"name": "web"}, "image": {"image": "host:5/web:2"}, "image_id": "sha256:1"}
        self.cri.containers[whole] = {"status": status, "info": {"sandboxID": POD}}
        return whole

    def run(self, number: int) -> str:
        """Start a container; return its short id."""
        return self.table.request(self.add(number), matcher="cri")

    def notices_with(self, text: str) -> list[str]:
        return [notice[2] for notice in self.notices if text in notice[2]]

    def close(self) -> None:
        self.resolver.close()
        self.stop()
        self.table.close()


@contextlib.contextmanager
def babbler(path: Path) -> Iterator[None]:
    """Listen, and say to everybody what is not gRPC."""
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(path))
    listening.listen()

    def say(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.sendall(b"220 mail ready\r\n")

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                say(listening.accept()[0])

    thread = threading.Thread(target=accept)
    thread.start()
    try:
        yield
    finally:
        path.unlink()
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()
        listening.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def test_a_container_is_looked_up(world: World) -> None:
    world.start()
    world.resolver.start()
    short = world.run(1)
    eventually(lambda: short in world.table.known)
    values = world.table.known[short]
    assert (values["image.repository"], values["ip"], values["type"]) == ("host:5/web", "10.0.0.7", "containerd")
    assert values["labels"]["io.kubernetes.pod.name"] == "web-0"
    assert world.notices == []


def test_a_container_that_was_announced_is_known_at_once(world: World) -> None:
    world.start()
    world.resolver.start()
    whole = world.add(1)
    world.cri.events.put((whole, 0))
    eventually(lambda: world.resolver._machine.metadata(whole[:12]))
    world.cri.raw = b"\xff"
    world.table.request(whole, matcher="cri")
    eventually(lambda: whole[:12] in world.table.known)


def test_an_engine_is_slow(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """One warning, and the answer is taken however late it comes."""
    monkeypatch.setattr(worker, "SLOW", 0.2)
    world.start()
    world.cri.delay = 0.5
    world.resolver.start()
    short = world.run(1)
    eventually(lambda: short in world.table.known)
    assert len(world.notices_with("is slow")) == 1
    world.cri.delay = 0.0
    eventually(lambda: world.run(2) and world.notices_with("answers again"))


def test_an_engine_dies_in_the_middle_and_comes_back(world: World) -> None:
    world.start()
    world.resolver.start()
    known = world.run(1)
    eventually(lambda: known in world.table.known)
    world.cri.delay = 60
    pending = world.run(2)
    eventually(lambda: any(container.startswith(pending) for _, container in world.cri.requests))
    world.stop()
    eventually(lambda: pending in world.table.missing)
    world.cri.delay = 0.0
    world.start()
    eventually(lambda: pending in world.table.known)
    assert len(world.notices_with("cannot be queried")) <= 1


@pytest.mark.parametrize("bad", [{"raw": b"\xff\xff"}, {"raw": bytes(17 << 20)}, {"refusal": "UNKNOWN"}])
def test_an_engine_answers_badly_and_recovers(world: World, bad: dict[str, Any]) -> None:
    world.start()
    world.resolver.start()
    first = world.run(100)
    eventually(lambda: first in world.table.known)
    for name, value in bad.items():
        setattr(world.cri, name, value)
    shorts = [world.run(number) for number in range(1, 8)]
    eventually(lambda: set(shorts) <= set(world.table.missing))
    eventually(lambda: world.notices_with("cannot be queried"))
    world.cri.raw, world.cri.refusal = None, ""
    eventually(lambda: set(shorts) <= set(world.table.known))
    eventually(lambda: world.notices_with("answers again"))
    assert len(world.notices_with("cannot be queried")) == 1


def test_somebody_else_listens_until_the_engine_comes(world: World) -> None:
    """One notice with the socket reports that the program there does not speak gRPC."""
    with babbler(world.path):
        world.resolver.start()
        short = world.run(1)
        eventually(lambda: short in world.table.missing)
        eventually(lambda: world.notices_with("cannot be queried"))
        assert str(world.path) in world.notices_with("cannot be queried")[0]
    world.start()
    eventually(lambda: short in world.table.known)
    assert len(world.notices_with("cannot be queried")) == 1


def test_an_engine_that_does_not_offer_cri_is_nothing_to_warn_of(world: World) -> None:
    world.cri.refusal = "UNIMPLEMENTED"
    world.start()
    world.resolver.start()
    short = world.run(1)
    eventually(lambda: short in world.table.missing)
    assert not [one for one in world.notices if one[0] == "container engine"]


def test_many_containers(world: World) -> None:
    world.start()
    world.resolver.start()
    shorts = [world.run(number) for number in range(1, 501)]
    eventually(lambda: set(shorts) <= set(world.table.known), 120)
    assert world.table.missing == []
