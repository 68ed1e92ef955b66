# SPDX-License-Identifier: Apache-2.0
"""Event streams of container engines: metadata that arrives before any lookup."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.waiting import eventually
from support.watched import Watched

from tiercel.containers.lookup_states import State


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Watched]:
    made = Watched(tmp_path)
    yield made
    made.close()


def test_a_container_that_its_engine_announced_is_known_at_once(world: Watched) -> None:
    world.docker.start()
    world.resolver.start()
    eventually(lambda: world.docker.followers)
    short = world.run(1, appears=False)
    whole = "0001" * 16
    world.docker.happens("create", whole)
    eventually(lambda: world.resolver._machine.metadata(short))
    world.docker.raw = b"nonsense"
    world.table.request(whole)
    eventually(lambda: short in world.table.known)


@pytest.mark.parametrize("answers", [True, False])
def test_a_container_that_was_made_has_an_address_when_it_runs(world: Watched, answers: bool) -> None:
    """The resolver repeats the lookup for it; if the engine then returns nothing, the earlier metadata is used."""
    world.docker.start()
    world.resolver.start()
    eventually(lambda: world.docker.followers)
    short = world.run(1, appears=False)
    whole = "0001" * 16
    world.docker.containers[whole]["NetworkSettings"] = {}
    world.docker.happens("create", whole)
    eventually(lambda: world.resolver._machine.metadata(short))
    world.docker.containers[whole]["NetworkSettings"] = {"IPAddress": "10.2.2.2"}
    if not answers:
        world.docker.raw = b"nonsense"
    world.table.request(whole)
    eventually(lambda: short in world.table.known)
    assert world.table.known[short]["ip"] == ("10.2.2.2" if answers else "")
    assert world.table.missing == []


@pytest.mark.parametrize("is_first", [True, False])
def test_what_an_engine_announced_is_known_before_it_answers(world: Watched, is_first: bool) -> None:
    """It says nothing of a container that it is just starting; of that, name and image were in its announcement."""
    world.docker.start()
    world.resolver.start()
    eventually(lambda: world.docker.followers)
    world.run(1, appears=False)
    world.docker.delay = 30
    whole = "0001" * 16
    short = whole[:12]
    if not is_first:
        world.table.request(whole)
        eventually(lambda: world.resolver._machine.state(short) is State.IN_FLIGHT)
    labels = {"team": "shop", "io.kubernetes.pod.name": "web-0", "io.kubernetes.pod.namespace": "shop"}
    world.docker.happens("create", whole, image="host:5000/shop/web:2.1", name="web", **labels)
    if is_first:
        eventually(lambda: world.resolver._machine.metadata(short))
        world.table.request(whole)
    eventually(lambda: short in world.table.announced)
    assert world.table.announced[short] == {
        "full_id": whole,
        "name": "web",
        "type": "docker",
        "image": "host:5000/shop/web:2.1",
        "image.repository": "host:5000/shop/web",
        "image.tag": "2.1",
        "pod.name": "web-0",
        "pod.namespace": "shop",
    }
    assert world.table.known == {}
    assert world.table.missing == []


@pytest.mark.parametrize("answers", [True, False])
def test_details_of_an_announced_container_are_asked_for(world: Watched, answers: bool) -> None:
    """Even if they come late; if the engine no longer has the container, they are missing, and no notice is sent."""
    world.docker.start()
    world.resolver.start()
    eventually(lambda: world.docker.followers)
    if answers:
        world.run(1, appears=False)
    world.docker.gate.clear()
    whole = "0001" * 16
    short = world.table.request(whole)
    world.docker.happens("create", whole, image="a/b:1", name="web")
    eventually(lambda: short in world.table.announced)
    assert short not in world.table.known
    world.docker.gate.set()
    eventually(lambda: short in (world.table.known if answers else world.table.missing))
    assert (short in world.table.known) is answers
    assert world.notices == []


def test_one_that_is_announced_and_gone_before_it_is_asked_about(world: Watched) -> None:
    """An engine may report all events at once; by then a lookup finds no container any more."""
    world.docker.start()
    world.resolver.start()
    eventually(lambda: world.docker.followers)
    whole = "0001" * 16
    for change in ("create", "start", "destroy"):
        world.docker.happens(change, whole, image="a/b:1", name="web")
    eventually(lambda: any(whole in path for path in world.docker.requests))
    world.docker.happens("create", "0002" * 16, image="a/b:2", name="next")
    eventually(lambda: world.resolver._machine.metadata("0002" * 3))
    short = world.table.request(whole)
    eventually(lambda: short in world.table.missing)
    assert world.table.announced[short]["image"] == "a/b:1"


@pytest.mark.parametrize("line", [b"nonsense", b"[1]", b"{}", b'{"Action": "create", "id": 7}', b"x" * (2 << 20)])
def test_nonsense_among_events(world: Watched, line: bytes) -> None:
    """It is ignored, or the stream is opened again; the user gets no notice, as nothing is missing."""
    world.docker.start()
    world.resolver.start()
    eventually(lambda: world.docker.followers)
    world.docker.say(line)
    short = world.run(1, appears=False)

    def is_known() -> bool:
        world.docker.happens("create", "0001" * 16)
        return world.resolver._machine.metadata(short) is not None

    eventually(is_known)
    assert world.notices == []
