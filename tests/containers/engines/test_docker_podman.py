# SPDX-License-Identifier: Apache-2.0
"""Responses of docker and podman, and the metadata parsed from them."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.examples import examples
from support.fake_engine import DOCKER_IMAGE, FULL, FakeEngine, answer, docker_container
from support.waiting import eventually

from tiercel.containers.engines.docker import DockerEngine
from tiercel.containers.engines.interface import EngineEvent
from tiercel.containers.engines.podman import PodmanEngine
from tiercel.containers.metadata import ContainerInfo, Image, Mount
from tiercel.containers.transport.json_access import nanoseconds
from tiercel.errors import EngineError

PODMAN = "/v4.0.0/libpod"
OTHER = "fedcba9876543210" * 4


@pytest.fixture
def docker(tmp_path: Path) -> Any:
    with FakeEngine(tmp_path / "docker.sock") as engine:
        engine.containers[FULL] = docker_container()
        engine.images["sha256:" + "ab" * 32] = DOCKER_IMAGE
        yield engine


def looked_up(engine: FakeEngine, container: str = FULL) -> ContainerInfo:
    found = DockerEngine(str(engine.path), 100).lookup(container)
    assert found is not None
    return found


def test_docker_tells_everything(docker: FakeEngine) -> None:
    assert DockerEngine(str(docker.path), 100).version() == "docker 1.2.3"
    assert looked_up(docker, FULL[:12]) == ContainerInfo(
        id=FULL,
        engine="docker",
        name="web",
        image="registry.example:5000/shop/web:2.1",
        image_id="ab" * 32,
        repository="registry.example:5000/shop/web",
        tag="2.1",
        digest="sha256:" + "cd" * 32,
        ip="172.17.0.2",
        privileged=True,
        host_pid=True,
        mounts=(Mount("/srv", "/data", "z", False, "rprivate"),),
        labels={"team": "shop"},
        env=("PATH=/bin", "A=b"),
        capabilities=("CAP_NET_ADMIN",),
        user="1000",
        created_ns=nanoseconds("2026-11-26T09:10:11.123456789Z"),
        healthcheck=("/bin/sh", "-c", "wget -q localhost"),
    )


def test_nobody_knows_a_container(docker: FakeEngine) -> None:
    engine = DockerEngine(str(docker.path), 100)
    assert engine.lookup("ffffffffffff") is None
    docker.requests.clear()
    assert engine.lookup("../../secrets") is None
    assert docker.requests == []


def test_an_address_may_be_that_of_another_container(docker: FakeEngine) -> None:
    docker.containers[OTHER] = docker_container(OTHER)
    docker.containers[FULL]["HostConfig"]["NetworkMode"] = f"container:{OTHER}"
    docker.containers[FULL]["NetworkSettings"] = {"IPAddress": "", "Networks": {}}
    docker.containers[OTHER]["NetworkSettings"] = {"Networks": {"own": {"IPAddress": "10.0.0.7"}}}
    assert looked_up(docker).ip == "10.0.0.7"
    assert looked_up(docker).pod_labels == {}


@pytest.mark.parametrize(
    ("mode", "attribute"), [("PidMode", "host_pid"), ("NetworkMode", "host_network"), ("IpcMode", "host_ipc")]
)
@pytest.mark.parametrize("is_hosts", [True, False])
def test_a_namespace_may_be_that_of_another_container(
    docker: FakeEngine, mode: str, attribute: str, is_hosts: bool
) -> None:
    """And so the host's, if the other one uses that."""
    modes = {"PidMode": "", "NetworkMode": "bridge", "IpcMode": "private"}
    docker.containers[OTHER] = docker_container(OTHER, HostConfig={**modes, mode: "host"} if is_hosts else modes)
    docker.containers[FULL]["HostConfig"] = {**modes, mode: f"container:{OTHER}"}
    info = looked_up(docker)
    expected = dict.fromkeys(("host_pid", "host_network", "host_ipc"), False) | {attribute: is_hosts}
    assert {name: getattr(info, name) for name in expected} == expected


def test_a_pods_labels_are_those_of_its_sandbox(docker: FakeEngine) -> None:
    docker.containers[OTHER] = docker_container(OTHER, Config={"Labels": {"app": "shop"}})
    docker.containers[FULL]["HostConfig"]["NetworkMode"] = f"container:{OTHER}"
    docker.containers[FULL]["Config"]["Labels"] = {"io.kubernetes.sandbox.id": OTHER}
    info = looked_up(docker)
    assert (info.sandbox_id, info.pod_labels, info.pod_ip) == (OTHER, {"app": "shop"}, "172.17.0.2")


@pytest.mark.parametrize(
    ("name", "tags", "digests", "image"),
    [
        ("busybox", ["busybox:1", "busybox:2"], ["busybox@sha256:1"], Image("busybox", "1", "sha256:1")),
        ("busybox:2", ["busybox:1", "busybox:2"], ["other@sha256:9"], Image("busybox", "2", "sha256:9")),
        ("a/b@sha256:7", ["a/b:1"], ["a/b@sha256:8"], Image("a/b", "", "sha256:7")),
        ("sha256:" + "ab" * 32, ["x/y:3"], ["x/y@sha256:8"], Image("x/y", "3", "sha256:8")),
        ("abababababab", ["x/y:3"], [], Image("x/y", "3", "")),
        ("ab", ["x/y:3"], [], Image("x/y", "3", "")),
        ("ab", ["x/y:3", "ab:latest"], [], Image("ab", "latest", "")),
        ("cd", [], [], Image("cd")),
        ("busybox", ["busybox:1", "busybox:latest"], [], Image("busybox", "latest")),
        ("docker.io/library/nginx:1", ["nginx:1"], ["nginx@sha256:1"], Image("nginx", "1", "sha256:1")),
        ("index.docker.io/a/b:1", [], [], Image("a/b", "1")),
        ("docker.io/nginx", ["x/y:3", "nginx:2"], [], Image("nginx", "2")),
        ("library/nginx:1", ["nginx:1"], [], Image("nginx", "1")),
        ("host:5/library/nginx:1", [], [], Image("host:5/library/nginx", "1")),
        ("sha256:" + "ab" * 32, [], [], Image("")),
        ("gone:1", None, None, Image("gone", "1")),
    ],
)
def test_an_images_parts(docker: FakeEngine, name: str, tags: Any, digests: Any, image: Image) -> None:
    docker.containers[FULL]["Config"]["Image"] = name
    docker.images["sha256:" + "ab" * 32] = {"RepoTags": tags, "RepoDigests": digests}
    info = looked_up(docker)
    assert (info.image, Image(info.repository, info.tag, info.digest)) == (name, image)


def test_mounts_are_in_order(docker: FakeEngine) -> None:
    """Docker's are in none, so that the number of one would mean nothing."""
    docker.containers[FULL]["Mounts"] = [{"Destination": name} for name in ("/c", "/a", "/b")]
    assert [mount.destination for mount in looked_up(docker).mounts] == ["/a", "/b", "/c"]


def test_an_image_that_is_gone_leaves_the_name(docker: FakeEngine) -> None:
    docker.images.clear()
    assert looked_up(docker).repository == "registry.example:5000/shop/web"


@pytest.mark.parametrize(
    ("test", "command"),
    [
        (["CMD", "curl", "-f", "x"], ("curl", "-f", "x")),
        (["CMD-SHELL", "true"], ("/bin/sh", "-c", "true")),
        (["NONE"], ()),
        ([], ()),
        (None, ()),
    ],
)
def test_a_health_check_is_a_command(docker: FakeEngine, test: Any, command: tuple[str, ...]) -> None:
    docker.containers[FULL]["Config"]["Healthcheck"] = {"Test": test}
    assert looked_up(docker).healthcheck == command


def test_a_container_that_goes_away_meanwhile_is_none(docker: FakeEngine) -> None:
    docker.raw = answer({"cause": "no such container", "message": "found in database"}, "500 Internal Server Error")
    assert DockerEngine(str(docker.path), 100).lookup(FULL) is None


def test_podman_tells_everything(tmp_path: Path) -> None:
    found = docker_container(
        Image="ef" * 32, ImageName="docker.io/library/busybox:1.36", ImageDigest="sha256:77", EffectiveCaps=["CAP_KILL"]
    )
    with FakeEngine(tmp_path / "podman.sock", PODMAN) as server:
        server.containers[FULL] = found
        engine = PodmanEngine(str(server.path), 100)
        assert engine.version() == "podman 1.2.3"
        info = engine.lookup(FULL)
    assert info is not None
    assert (info.engine, info.name, info.image, info.image_id) == ("podman", "web", found["ImageName"], "ef" * 32)
    assert (info.repository, info.tag, info.digest) == ("docker.io/library/busybox", "1.36", "sha256:77")
    assert info.capabilities == ("CAP_KILL",)


@pytest.mark.parametrize("name", ["sha256:" + "ef" * 32, "ef" * 32])
@pytest.mark.parametrize("names", [["host:5/a:1", "b:2"], [], None])
def test_podman_made_a_container_by_an_id(tmp_path: Path, name: str, names: Any) -> None:
    """Its name is that of the image, if that has one: a hash is no repository."""
    with FakeEngine(tmp_path / "podman.sock", PODMAN) as server:
        server.containers[FULL] = docker_container(Image="ef" * 32, ImageName=name, ImageDigest="sha256:77")
        server.images["ef" * 32] = {"RepoTags": names}
        info = PodmanEngine(str(server.path), 100).lookup(FULL)
    assert info is not None
    assert (info.image, info.digest) == (name, "sha256:77")
    assert (info.repository, info.tag) == (("host:5/a", "1") if names else ("", ""))


@pytest.mark.parametrize(
    ("image", "parts"),
    [
        ("thing", ("thing", "latest")),
        ("docker.io/library/thing:1", ("thing", "1")),
        ("a/b@sha256:7", ("a/b", "")),
        ("8e99ae", None),
        ("8e99aea33c49", None),
        ("sha256:8e99ae", None),
        ("", None),
    ],
)
def test_docker_announces_names_as_they_were_typed(tmp_path: Path, image: str, parts: Any) -> None:
    """They are read like those in its answers; of one that may be an id nothing is known before the answer."""
    engine = DockerEngine(str(tmp_path / "s"), 100)
    info = engine.info_from_event(FULL, {"image": image, "name": "web"})
    assert (info and (info.repository, info.tag)) == parts


@pytest.mark.parametrize(("image", "parts"), [("a/b:1", ("a/b", "1")), ("ef" * 32, None), ("sha256:ef", None)])
def test_podman_announces_whole_names(tmp_path: Path, image: str, parts: Any) -> None:
    engine = PodmanEngine(str(tmp_path / "s"), 100)
    info = engine.info_from_event(FULL, {"image": image, "name": "web"})
    assert (info and (info.repository, info.tag)) == parts


@pytest.mark.parametrize(("kind", "base", "end"), [(DockerEngine, "", "destroy"), (PodmanEngine, PODMAN, "remove")])
def test_what_happens_to_containers(tmp_path: Path, kind: Any, base: str, end: str) -> None:
    with FakeEngine(tmp_path / "s", base) as server:
        events = kind(str(server.path), 100).events()
        found = []

        def follow() -> None:
            with contextlib.suppress(EngineError):  # the server dies in the end
                for event in events:
                    found.append(event)  # noqa: PERF402 - what came before the end counts

        thread = threading.Thread(target=follow)
        thread.start()
        eventually(lambda: server.followers)
        server.happens("create", "no id")
        for action in ("create", "start", "exec_create: sh", end):
            server.happens(action, FULL)
        eventually(lambda: len(found) == 3)
    thread.join(20)
    assert found == [EngineEvent(kind, FULL) for kind in ("created", "started", "removed")]
    assert "filters=%7B" in server.requests[0]


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n",
        answer([1, 2]),
        b"HTTP/1.1 200 OK\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\n\r\n" + b"[" * 100_000,
        answer(docker_container(OTHER)),
        answer({}),
    ],
)
def test_nonsense_is_an_error(docker: FakeEngine, raw: bytes) -> None:
    docker.raw = raw
    with pytest.raises(EngineError):
        looked_up(docker)


def mangled(tree: Any) -> Any:
    """Trees like ``tree`` of which some parts are something else."""
    junk = (
        st.none()
        | st.booleans()
        | st.integers()
        | st.text()
        | st.lists(st.text())
        | st.dictionaries(st.text(), st.text())
    )
    if isinstance(tree, dict):
        members = st.fixed_dictionaries({name: mangled(value) for name, value in tree.items()})
        return st.one_of(members, junk) if "Id" not in tree else members
    if isinstance(tree, list):
        return st.one_of(st.tuples(*map(mangled, tree)).map(list), junk)
    return st.one_of(st.just(tree), st.just(tree), junk)


@settings(max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mangled(docker_container()), mangled(DOCKER_IMAGE))
def test_whatever_is_said_becomes_values_or_an_error(docker: FakeEngine, container: Any, image: Any) -> None:
    container["Id"] = FULL
    docker.containers[FULL], docker.images["sha256:" + "ab" * 32] = container, image
    try:
        values = looked_up(docker).values()
    except EngineError:
        return
    for value in values.values():
        assert isinstance(value, str | bool | list | dict)
        if isinstance(value, str):
            value.encode()
            assert "\0" not in value


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:00:01Z", 1),
        ("1970-01-01T02:00:01.5+02:00", 1.5),
        ("1969-01-01T00:00:00Z", 0),
        ("2026-13-01T00:00:00Z", 0),
        ("0001-01-01T00:00:00+01:00", 0),
        ("9999-12-31T23:59:59-01:00", 0),
        ("yesterday", 0),
        (None, 0),
    ],
)
def test_times_are_read(text: Any, seconds: float) -> None:
    assert nanoseconds(text) == seconds * 1e9
