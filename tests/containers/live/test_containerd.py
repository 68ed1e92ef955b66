# SPDX-License-Identifier: Apache-2.0
"""Metadata that the real containerd reports of its containers, by CRI and by its own API."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator

import pytest
from support.engines.daemons import Engine
from support.engines.images import Image
from support.engines.kubernetes import Containerd

from tiercel.containers.engines.containerd import ContainerdEngine
from tiercel.containers.engines.cri import CriEngine
from tiercel.containers.engines.interface import EngineAbsentError, EngineEvent
from tiercel.containers.metadata import Mount
from tiercel.errors import EngineError


@pytest.fixture
def containerd(begin: Callable[[str], Engine]) -> Containerd:
    engine = begin("cri")
    assert isinstance(engine, Containerd)
    return engine


@pytest.fixture
def cri(containerd: Containerd) -> Iterator[CriEngine]:
    cri = CriEngine(str(containerd.outer_socket), 100)
    yield cri
    cri.close()


@pytest.fixture
def native(containerd: Containerd) -> Iterator[ContainerdEngine]:
    native = ContainerdEngine(str(containerd.outer_socket), 100)
    yield native
    native.close()


def test_a_container_of_a_pod(containerd: Containerd, cri: CriEngine, image: Image) -> None:
    pod = containerd.pod("web-0", namespace="shop", labels={"tier": "front"})
    id_ = containerd.add(pod, image, "sleep", "99", name="app", mounts={"/in": "/tmp"}, env={"A": "b"})
    assert cri.version().startswith("containerd 1.")
    whole, short, pause = (cri.lookup(one) for one in (id_, id_[:12], pod.id[:12]))
    containerd.remove_pod(pod)

    assert whole is not None
    assert whole == short
    assert (whole.id, whole.engine, whole.name) == (id_, "containerd", "app")
    assert (whole.image, whole.repository, whole.tag) == (image.name, image.repository, image.tag)
    assert whole.image_id == image.id
    assert (whole.ip, whole.pod_ip) == (pod.address, pod.address)
    assert json.loads(whole.cni_json)["Interfaces"]["eth0"]["IPConfigs"][0]["IP"] == pod.address
    assert (whole.privileged, whole.host_pid, whole.host_network, whole.host_ipc) == (False, False, False, False)
    assert whole.mounts == (Mount("/tmp", "/in", "", True, "private"),)
    assert "A=b" in whole.env
    assert "CAP_KILL" in whole.capabilities
    assert "CAP_SYS_ADMIN" not in whole.capabilities
    assert (whole.user, whole.sandbox_id) == ("0", pod.id)
    assert whole.labels["io.kubernetes.pod.name"] == "web-0"
    assert whole.labels["io.kubernetes.pod.namespace"] == "shop"
    assert whole.labels["io.kubernetes.pod.uid"] == pod.uid
    assert whole.pod_labels["tier"] == "front"
    assert pause is not None
    assert (pause.id, pause.name, pause.repository) == (pod.id, "web-0", "registry.test/pause")
    assert cri.lookup(id_) is None


def test_privileged_and_in_the_networks_of_the_host(containerd: Containerd, cri: CriEngine, image: Image) -> None:
    pod = containerd.pod("node-agent", host=True, privileged=True)
    id_ = containerd.add(pod, image, "sleep", "99", name="agent", privileged=True)
    info = cri.lookup(id_)
    containerd.remove_pod(pod)
    assert info is not None
    assert (info.privileged, info.host_network, info.host_pid, info.ip) == (True, True, False, "")
    assert "CAP_SYS_ADMIN" in info.capabilities


def test_a_container_that_ended_at_once(containerd: Containerd, cri: CriEngine, image: Image) -> None:
    """It is known until it is removed."""
    pod = containerd.pod("brief")
    id_ = containerd.add(pod, image, "true", name="brief")
    info = cri.lookup(id_)
    containerd.remove_pod(pod)
    assert info is not None
    assert info.repository == image.repository


@pytest.mark.parametrize("kind", [CriEngine, ContainerdEngine])
def test_what_happens_is_told_as_it_happens(containerd: Containerd, image: Image, kind: type[CriEngine]) -> None:
    engine = kind(str(containerd.outer_socket), 100)
    seen: list[EngineEvent] = []
    came = threading.Condition()

    def listen() -> None:
        try:
            for event in engine.events():
                with came:
                    seen.append(event)
                    came.notify_all()
        except EngineError:
            return  # closed

    thread = threading.Thread(target=listen)
    thread.start()
    while not seen and thread.is_alive():  # until it listens
        containerd.remove_pod(containerd.pod("first"))
    pod = containerd.pod("told")
    id_ = containerd.add(pod, image, "sleep", "99", name="app")
    containerd.remove_pod(pod)
    with came:
        assert came.wait_for(lambda: EngineEvent("removed", id_) in seen, 20)
    engine.close()
    thread.join(10)
    assert not thread.is_alive()
    assert [event.kind for event in seen if event.container == id_] == ["created", "started", "removed"]


def test_a_container_without_kubernetes(containerd: Containerd, native: ContainerdEngine, image: Image) -> None:
    ctr = ("ctr", "--address", containerd.socket, "--namespace", "k8s.io")
    name = "a-container-of-ctr"
    containerd.world.run(*ctr, "run", "-d", "--privileged", "--net-host", image.name, name, "sleep", "99")
    info = native.lookup(name[:12])
    skipped = ContainerdEngine(str(containerd.outer_socket), 100, skip={"k8s.io"})
    assert skipped.lookup(name) is None
    skipped.close()
    containerd.world.run(*ctr, "tasks", "delete", "--force", name)
    containerd.world.run(*ctr, "containers", "delete", name)

    assert info is not None
    assert (info.id, info.engine, info.name) == (name, "containerd", "a-container-")
    assert (info.image, info.repository, info.tag, info.digest) == (
        image.name,
        image.repository,
        image.tag,
        image.digest,
    )
    assert (info.privileged, info.host_network, info.host_pid) == (True, True, False)
    assert info.user == "0"
    assert Mount("/etc/hosts", "/etc/hosts", "", False) in info.mounts
    assert native.lookup(name) is None


def test_a_restart(containerd: Containerd, cri: CriEngine, image: Image) -> None:
    """Containers run on, and are known again as soon as containerd is."""
    pod = containerd.pod("stays")
    id_ = containerd.add(pod, image, "sleep", "99", name="app")
    assert cri.lookup(id_) is not None
    containerd.stop()
    with pytest.raises(EngineAbsentError):
        cri.lookup(id_)
    containerd.start()
    info = cri.lookup(id_)
    containerd.remove_pod(pod)
    assert info is not None
    assert info.ip == pod.address
