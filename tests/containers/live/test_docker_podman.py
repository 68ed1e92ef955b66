# SPDX-License-Identifier: Apache-2.0
"""Metadata that the real docker and podman report of their containers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest
from support.engines.daemons import Docker, Engine, Podman
from support.engines.images import Image
from support.waiting import eventually

from tiercel.containers.engines.docker import DockerEngine
from tiercel.containers.engines.docker_api import HttpEngine
from tiercel.containers.engines.interface import EngineEvent
from tiercel.containers.engines.podman import PodmanEngine
from tiercel.containers.metadata import ContainerInfo, Mount
from tiercel.errors import EngineError

_CLASSES = {"docker": DockerEngine, "podman": PodmanEngine}


class Both(NamedTuple):
    """A running engine, and the client of it under test."""

    engine: Docker | Podman
    client: HttpEngine


@pytest.fixture(params=_CLASSES)
def both(request: pytest.FixtureRequest, begin: Callable[[str], Engine]) -> Iterator[Both]:
    engine = begin(request.param)
    assert isinstance(engine, Docker | Podman)
    client = _CLASSES[request.param](str(engine.outer_socket), 100)
    yield Both(engine, client)
    client.close()


def _known(both: Both, image: Image, *options: str, command: tuple[str, ...] = ("sleep", "99")) -> ContainerInfo:
    """Return the metadata of a container that is made with ``options``, and removed again."""
    container = both.engine.run(image, *command, name="one", options=options)
    try:
        whole, short = both.client.lookup(container), both.client.lookup(container[:12])
    finally:
        both.engine.remove(container)
    assert whole is not None
    assert whole == short
    assert whole.id == container
    assert both.client.lookup(container) is None
    return whole


def test_versions(both: Both) -> None:
    assert int(both.client.version().split()[-1].split(".")[0]) > 0


def test_a_plain_container(both: Both, image: Image) -> None:
    known = _known(both, image, "--label", "tier=front", "--label", f"long={'x' * 101}", "--env", "A=b")
    assert (known.engine, known.name) == (both.engine.name, "one")
    assert (known.image, known.repository, known.tag) == (image.name, image.repository, image.tag)
    assert known.image_id == image.id
    assert known.labels == {"maker": "tests", "tier": "front"}
    assert "A=b" in known.env
    assert (known.privileged, known.host_pid, known.host_network, known.host_ipc) == (False, False, False, False)
    assert known.ip.split(".")[0] in {"10", "172"}
    assert known.created_ns > 0


@pytest.mark.parametrize(("prefix", "length"), [("", 6), ("", 12), ("sha256:", 64)])
def test_an_image_by_its_id(both: Both, image: Image, prefix: str, length: int) -> None:
    container = both.engine.call("run", "-d", prefix + image.id[:length], "sleep", "99")
    try:
        known = both.client.lookup(container)
    finally:
        both.engine.remove(container)
    assert known is not None
    assert (known.repository, known.tag, known.image_id) == (image.repository, image.tag, image.id)


def test_a_name_of_dockers_hub(begin: Callable[[str], Engine], make_image: Callable[..., Image]) -> None:
    """However it is typed, it is shown in one way, and without a tag it is the latest."""
    docker = begin("docker")
    assert isinstance(docker, Docker)
    docker.load(make_image("docker.io/library/thing:latest", config={"Labels": {"maker": "thing"}}))
    docker.call("tag", "thing", "thing:0")
    client = DockerEngine(str(docker.outer_socket), 100)
    try:
        for typed in ("thing", "library/thing", "docker.io/thing", "docker.io/library/thing"):
            container = docker.call("run", "-d", typed, "sleep", "99")
            known = client.lookup(container)
            docker.remove(container)
            assert known is not None
            assert (known.image, known.repository, known.tag) == (typed, "thing", "latest")
    finally:
        client.close()


def test_what_a_container_is_allowed(both: Both, image: Image) -> None:
    known = _known(both, image, "--privileged", "--pid=host", "--ipc=host", "--network=host", "--user=1234")
    assert (known.privileged, known.host_pid, known.host_network, known.host_ipc) == (True, True, True, True)
    assert known.user == "1234"
    assert known.ip == ""


def test_a_capability_more(both: Both, image: Image) -> None:
    assert "CAP_NET_ADMIN" in _known(both, image, "--cap-add=NET_ADMIN").capabilities


def test_mounts(both: Both, image: Image) -> None:
    known = _known(both, image, "--volume", "/etc:/in:ro", "--volume", "/tmp:/out")
    mounts = {mount.destination: mount for mount in known.mounts}
    assert (mounts["/in"].source, mounts["/in"].writable) == ("/etc", False)
    assert (mounts["/out"].source, mounts["/out"].writable) == ("/tmp", True)
    assert all(isinstance(mount, Mount) and mount.propagation == "rprivate" for mount in known.mounts)


def test_a_health_check(both: Both, image: Image) -> None:
    assert _known(both, image, "--health-cmd", "true").healthcheck[-1] == "true"


def test_a_container_in_the_network_of_another(both: Both, image: Image) -> None:
    first = both.engine.run(image, name="first")
    try:
        assert _known(both, image, f"--network=container:{first}").ip == both.engine.address(first)
    finally:
        both.engine.remove(first)


def test_a_container_in_the_namespaces_of_one_that_is_in_the_hosts(both: Both, image: Image) -> None:
    kinds = ("pid", "ipc", "network")
    first = both.engine.run(image, name="first", options=[f"--{kind}=host" for kind in kinds])
    try:
        known = _known(both, image, *(f"--{kind}=container:{first}" for kind in kinds))
    finally:
        both.engine.remove(first)
    assert (known.host_pid, known.host_network, known.host_ipc) == (True, True, True)


def test_a_container_that_has_ended(both: Both, image: Image) -> None:
    container = both.engine.run(image, "true", name="ended")
    eventually(lambda: not both.engine.running(container), 60, "it has ended")
    known = both.client.lookup(container)
    both.engine.remove(container)
    assert known is not None
    assert known.repository == image.repository


def test_events(both: Both, image: Image) -> None:
    seen: list[EngineEvent] = []
    listening = threading.Event()

    def listen() -> None:
        try:
            stream = both.client.events()
            listening.set()
            seen.extend(stream)
        except EngineError:
            pass  # how it ends

    listener = threading.Thread(target=listen)
    listener.start()
    assert listening.wait(10)
    # The stream is open for certain when it has reported an event.
    containers: list[str] = []

    def an_event_comes() -> bool:
        containers.append(both.engine.run(image, name=f"told-{len(containers)}"))
        both.engine.remove(containers[-1])
        return bool(seen)

    eventually(an_event_comes, 60, "an event comes")
    last = both.engine.run(image, name="last")
    both.engine.remove(last)
    eventually(lambda: any(one.kind == "removed" and one.container == last for one in seen), 60, "its events come")
    both.client.close()
    listener.join(10)
    assert not listener.is_alive()
    assert [event.kind for event in seen if event.container == last] == ["created", "started", "removed"]


def test_an_engine_that_is_started_again(both: Both, image: Image) -> None:
    container = both.engine.run(image, name="lasting")
    try:
        before = both.client.lookup(container)
        both.engine.stop()
        with pytest.raises(EngineError):
            both.client.lookup(container)
        both.engine.start()
        assert both.client.lookup(container) == before
    finally:
        both.engine.remove(container)
