# SPDX-License-Identifier: Apache-2.0
"""Details of containers by containerd's own API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.containerd import FakeContainerd
from support.examples import examples
from support.grpc_server import grpc_server

from tiercel.containers.engines import oci_spec as oci
from tiercel.containers.engines.containerd import ContainerdEngine
from tiercel.containers.engines.cri_messages import EVENTS
from tiercel.containers.engines.interface import EngineAbsentError, EngineEvent
from tiercel.containers.metadata import ContainerInfo, Mount
from tiercel.containers.transport import protobuf_dynamic as wire
from tiercel.errors import EngineError

IMAGE = "docker.io/library/nginx:1.27"
SPEC = {
    "process": {"user": {"uid": 7}, "env": ["A=b"], "capabilities": {"bounding": ["CAP_KILL"]}},
    "mounts": [
        {"destination": "/proc", "type": "proc", "source": "proc"},
        {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755"]},
        {"destination": "/in", "type": "bind", "source": "/out", "options": ["rbind", "rslave", "ro"]},
    ],
    "linux": {"namespaces": [{"type": "pid"}, {"type": "network"}], "maskedPaths": ["/proc/kcore"]},
}


def container(spec: Any = SPEC, **members: Any) -> dict[str, Any]:
    return {"image": IMAGE, "spec": {"value": json.dumps(spec).encode()}, **members}


@pytest.fixture
def fake() -> FakeContainerd:
    fake = FakeContainerd()
    fake.containers["other"] = {}
    fake.containers["default"] = {"web": container(labels={"a": "b", "long": "x" * 101}, created_at={"seconds": 2})}
    fake.images["default", IMAGE] = "sha256:12"
    return fake


@pytest.fixture
def engine(tmp_path: Path, fake: FakeContainerd) -> Iterator[ContainerdEngine]:
    engine = ContainerdEngine(str(tmp_path / "containerd.sock"), 100)
    with fake.serve(tmp_path / "containerd.sock"):
        yield engine
        engine.close()


def test_everything_that_a_container_has(engine):
    assert engine.version() == "containerd 1.7"
    assert engine.lookup("web") == ContainerInfo(
        id="web",
        engine="containerd",
        name="web",
        image=IMAGE,
        repository="docker.io/library/nginx",
        tag="1.27",
        digest="sha256:12",
        privileged=False,
        host_pid=False,
        host_network=False,
        host_ipc=True,
        mounts=(
            Mount("proc", "/proc"),
            Mount("tmpfs", "/dev", "755"),
            Mount("/out", "/in", "", False, "rslave"),
        ),
        labels={"a": "b"},
        env=("A=b",),
        capabilities=("CAP_KILL",),
        user="7",
        created_ns=2_000_000_000,
    )


def test_ids_and_their_beginnings(fake, engine):
    """An id is shown up to its twelfth character: what is shorter is whole."""
    long = "0123456789ab" * 5
    names = (long, "my-application-debug", "my-application", "twelve-chars-1", "twelve-chars", "unique-name-of-it")
    fake.containers["other"] = {name: container() for name in names}
    wanted = (long, long[:12], *names, "my-applicati", "unique-name-", "unique-name", "we", "nobody", "", '"', "^w")
    found = {name: info.id for name in wanted if (info := engine.lookup(name)) is not None}
    assert found == {**{name: name for name in names}, long[:12]: long, "unique-name-": "unique-name-of-it"}


def test_namespaces_that_another_engine_knows_better(tmp_path, fake, engine):
    fake.containers["moby"] = {"docker1": container()}
    skipping = ContainerdEngine(str(tmp_path / "containerd.sock"), 100, skip={"moby"})
    assert engine.lookup("docker1") is not None
    assert skipping.lookup("docker1") is None
    assert skipping.lookup("web") is not None
    skipping.close()


@pytest.mark.parametrize(
    "members", [{"sandbox": "pause1"}, {"spec": {"annotations": {"io.kubernetes.cri.sandbox-id": "pause1"}}}]
)
def test_the_sandbox_of_a_container(fake, engine, members):
    fake.containers["k8s.io"] = {"one": container(**members), "pause1": container(labels={"tier": "front"})}
    if "spec" in members:
        fake.containers["k8s.io"]["one"] = container(members["spec"])
    info = engine.lookup("one")
    assert info is not None
    assert (info.sandbox_id, info.pod_labels) == ("pause1", {"tier": "front"})


def test_a_container_of_which_little_is_known(fake, engine):
    fake.containers["other"]["bare"] = {"image": "gone:1@sha256:9", "sandbox": "gone", "spec": {"value": b"no JSON"}}
    info = engine.lookup("bare")
    assert info is not None
    assert (info.image, info.tag, info.digest, info.sandbox_id) == ("gone:1@sha256:9", "1", "sha256:9", "gone")
    assert (info.privileged, info.host_pid, info.user, info.mounts) == (None, None, "", ())
    assert not {"privileged", "host_pid"} & set(info.values())


def message(kind: str, **members: str) -> bytes:
    content: bytes = wire.class_of(EVENTS, kind)(**members).SerializeToString()
    return content


def test_events(tmp_path, fake, engine):
    for event in (
        ("default", "/containers/create", message("ContainerCreate", id="web")),
        ("moby", "/containers/create", message("ContainerCreate", id="docker1")),
        ("default", "/images/create", message("ContainerCreate", id="image")),
        ("default", "/tasks/start", message("TaskStart", container_id="web")),
        ("default", "/containers/create", b""),
        ("default", "/containers/delete", message("ContainerDelete", id="web")),
    ):
        fake.events.put(event)
    skipping = ContainerdEngine(str(tmp_path / "containerd.sock"), 100, skip={"moby"})
    events = skipping.events()
    assert [next(events) for _ in range(3)] == [EngineEvent(kind, "web") for kind in ("created", "started", "removed")]
    events.close()
    skipping.close()


def test_an_event_that_is_nonsense(fake, engine):
    fake.events.put(("default", "/containers/create", b"\xff"))
    with pytest.raises(EngineError) as failed:
        next(engine.events())
    assert failed.value.code == "E902"


def test_something_else_at_the_socket(tmp_path):
    engine = ContainerdEngine(str(tmp_path / "other.sock"), 100)
    with grpc_server(tmp_path / "other.sock", {}), pytest.raises(EngineAbsentError):
        engine.version()
    engine.close()


@pytest.mark.parametrize(
    ("spec", "privileged"),
    [
        ({"process": {}, "linux": {}}, True),
        ({"process": {"apparmorProfile": "unconfined"}, "linux": {}, "mounts": [{"type": "sysfs"}]}, True),
        ({"process": {"apparmorProfile": "default"}, "linux": {}}, False),
        ({"process": {"selinuxLabel": "a:b"}, "linux": {}}, False),
        ({"process": {}, "linux": {"maskedPaths": ["/a"]}}, False),
        ({"process": {}, "linux": {"readonlyPaths": ["/a"]}}, False),
        ({"process": {}, "linux": {"seccomp": {"defaultAction": "SCMP_ACT_ERRNO"}}}, False),
        ({"process": {}, "linux": {}, "mounts": [{"type": "sysfs", "options": ["ro"]}]}, False),
        ({"process": {}, "linux": {}, "mounts": [{"type": "cgroup", "options": ["ro"]}]}, False),
        ({"process": {}, "linux": {}, "mounts": [{"type": "bind", "options": ["ro"]}]}, True),
        ({"linux": {}}, None),
        ({"process": {}}, None),
    ],
)
def test_privileged_is_what_nothing_confines(spec, privileged):
    assert oci.is_privileged(spec) is privileged


_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                (
                    "process",
                    "linux",
                    "mounts",
                    "namespaces",
                    "options",
                    "type",
                    "user",
                    "uid",
                    "env",
                    "capabilities",
                    "bounding",
                )
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@settings(max_examples=examples(200), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(spec=st.dictionaries(st.sampled_from(("process", "linux", "mounts", "annotations")), _ANY))
def test_any_spec_is_read(spec):
    assert all(isinstance(one, str) for one in (*oci.env_of(spec), *oci.capabilities_of(spec), oci.user_of(spec)))
    assert all(isinstance(part, str) for mount in oci.mounts_of(spec) for part in mount.row())
    assert {oci.is_privileged(spec), oci.shares(spec, "pid")} <= {True, False, None}
