# SPDX-License-Identifier: Apache-2.0
"""Details of containers by CRI."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.cri import FakeCri
from support.examples import examples
from support.grpc_server import grpc_server

from tiercel.containers.engines.cri import CriEngine
from tiercel.containers.engines.cri_messages import RUNTIME
from tiercel.containers.engines.cri_status import container_info, image_of, sandbox_info
from tiercel.containers.engines.interface import EngineAbsentError, EngineEvent
from tiercel.containers.metadata import ContainerInfo, Image, Mount
from tiercel.containers.transport import protobuf_dynamic as wire

ID = "ab" * 32
POD = "cd" * 32
LABELS = {"app": "web", "long": "x" * 101}
SPEC = {
    "process": {
        "user": {"uid": 33, "gid": 33},
        "env": ["PATH=/bin", "A=b"],
        "capabilities": {"bounding": ["CAP_CHOWN", "CAP_KILL"], "effective": []},
    },
    "annotations": {"io.kubernetes.cri.image-name": "docker.io/library/nginx:1.27"},
    "linux": {"namespaces": [{"type": "pid"}, {"type": "ipc"}, {"type": "mount"}], "maskedPaths": ["/proc/kcore"]},
}
STATUS: dict[str, Any] = {
    "id": ID,
    "metadata": {"name": "web"},
    "created_at": 1_700_000_000_000_000_007,
    "image": {"image": "docker.io/library/nginx:1.27"},
    "image_ref": "docker.io/library/nginx@sha256:1234",
    "labels": LABELS,
    "mounts": [
        {"container_path": "/data", "host_path": "/srv/data", "propagation": 2},
        {"container_path": "/etc/hosts", "host_path": "/run/hosts", "readonly": True},
        {"container_path": "/x", "host_path": "/y", "propagation": 9},
    ],
    "image_id": "sha256:feed",
}
SANDBOX: dict[str, Any] = {
    "status": {
        "id": POD,
        "metadata": {"name": "web-0", "uid": "11-22", "namespace": "shop"},
        "created_at": 5,
        "network": {"ip": "10.88.0.7", "additional_ips": [{"ip": "fd00::7"}]},
        "linux": {"namespaces": {"options": {"network": 0, "pid": 1, "ipc": 2}}},
        "labels": {"tier": "front", "io.kubernetes.pod.name": "web-0"},
    },
    "info": {"image": "registry.k8s.io/pause:3.10", "cniResult": {"Interfaces": {"eth0": {}}}, "runtimeSpec": SPEC},
}


@pytest.fixture
def fake() -> FakeCri:
    fake = FakeCri()
    fake.containers[ID] = {"status": STATUS, "info": {"sandboxID": POD, "config": {}, "runtimeSpec": SPEC}}
    fake.sandboxes[POD] = SANDBOX
    return fake


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[CriEngine]:
    engine = CriEngine(str(tmp_path / "cri.sock"), 100)
    yield engine
    engine.close()


def test_everything_that_a_container_of_a_pod_has(tmp_path, fake, engine):
    pod = {
        "io.kubernetes.sandbox.id": POD,
        "io.kubernetes.pod.uid": "11-22",
        "io.kubernetes.pod.name": "web-0",
        "io.kubernetes.pod.namespace": "shop",
    }
    expected = ContainerInfo(
        id=ID,
        engine="containerd",
        name="web",
        image="docker.io/library/nginx:1.27",
        image_id="feed",
        repository="docker.io/library/nginx",
        tag="1.27",
        digest="sha256:1234",
        ip="10.88.0.7",
        privileged=False,
        host_pid=False,
        host_network=False,
        host_ipc=True,
        mounts=(
            Mount("/srv/data", "/data", "", True, "rshared"),
            Mount("/run/hosts", "/etc/hosts", "", False, "private"),
            Mount("/y", "/x", "", True, "unknown"),
        ),
        labels={"app": "web", **pod},
        env=("PATH=/bin", "A=b"),
        capabilities=("CAP_CHOWN", "CAP_KILL"),
        user="33",
        created_ns=1_700_000_000_000_000_007,
        sandbox_id=POD,
        pod_labels={"tier": "front", "io.kubernetes.pod.name": "web-0"},
        pod_ip="10.88.0.7",
        cni_json='{"Interfaces":{"eth0":{}}}',
    )
    with fake.serve(tmp_path / "cri.sock"):
        assert engine.version() == "containerd v9"
        assert engine.lookup(ID) == expected
        assert engine.lookup(ID[:12]) == expected
    assert {method for method, _ in fake.requests} == {"Version", "ContainerStatus", "PodSandboxStatus"}


def test_the_container_that_keeps_a_pod(tmp_path, fake, engine):
    with fake.serve(tmp_path / "cri.sock"):
        info = engine.lookup(POD[:12])
    assert info is not None
    assert (info.id, info.sandbox_id, info.name, info.image) == (POD, POD, "web-0", "registry.k8s.io/pause:3.10")
    assert (info.repository, info.tag, info.ip, info.host_ipc) == ("registry.k8s.io/pause", "3.10", "10.88.0.7", True)
    assert info.labels["io.kubernetes.pod.namespace"] == "shop"


@pytest.mark.parametrize("wanted", ["", "ab", "ab" * 5, "AB" * 6, "ef" * 6, "ab" * 6 + "/", "0" * 64, "ab" * 33])
def test_what_it_does_not_know(tmp_path, fake, engine, wanted):
    with fake.serve(tmp_path / "cri.sock"):
        assert engine.lookup(wanted) is None


def test_another_container_than_asked_for_is_none(tmp_path, fake, engine):
    fake.containers["ef" * 32] = {"status": STATUS}
    with fake.serve(tmp_path / "cri.sock"):
        assert engine.lookup("ef" * 6) is None


@pytest.mark.parametrize(("runtime", "kind"), [("containerd", "containerd"), ("cri-o", "cri-o"), ("docker", "cri")])
def test_the_type_is_that_of_the_engine(tmp_path, engine, fake, runtime, kind):
    fake.runtime = runtime
    with fake.serve(tmp_path / "cri.sock"):
        info = engine.lookup(ID)
    assert info is not None
    assert info.engine == kind


def test_the_pod_of_an_engine_that_adds_nothing(tmp_path, fake, engine):
    fake.containers[ID] = {"status": STATUS, "info": "no JSON"}
    fake.sandbox_of.update({"ef" * 32: "12" * 32, ID: POD})
    with fake.serve(tmp_path / "cri.sock"):
        info = engine.lookup(ID)
    assert info is not None
    assert info.sandbox_id == POD
    assert info.labels["io.kubernetes.pod.name"] == "web-0"
    assert (info.privileged, info.host_pid) == (None, False)


def test_a_container_whose_pod_is_gone(tmp_path, fake, engine):
    fake.sandboxes.clear()
    with fake.serve(tmp_path / "cri.sock"):
        info = engine.lookup(ID)
    assert info is not None
    assert info.labels == {"app": "web", "io.kubernetes.sandbox.id": POD}
    assert (info.host_pid, info.host_network, info.host_ipc, info.ip) == (False, True, False, "")


def test_an_image_of_which_only_the_id_is_told(tmp_path, fake, engine):
    status = {**STATUS, "image": {"image": "sha256:feed"}, "image_ref": "sha256:feed"}
    fake.containers[ID] = {"status": status, "info": {"sandboxID": POD}}
    with fake.serve(tmp_path / "cri.sock"):
        unknown = engine.lookup(ID)
        fake.images["sha256:feed"] = {"repo_tags": ["host:5/a:v1"], "repo_digests": ["host:5/a@sha256:9"]}
        known = engine.lookup(ID)
    assert unknown is not None
    assert known is not None
    assert (unknown.image, unknown.repository, unknown.tag) == ("sha256:feed", "", "")
    assert (known.image, known.repository, known.tag, known.digest) == ("host:5/a:v1", "host:5/a", "v1", "sha256:9")


def test_an_image_of_which_the_id_is_not_told(tmp_path, fake, engine):
    """As with containerd 1, if not kubelet made the container."""
    fake.containers[ID] = {"status": {**STATUS, "image_id": ""}, "info": {"sandboxID": POD}}
    fake.images["docker.io/library/nginx:1.27"] = {"id": "sha256:f00", "repo_tags": ["other:2"]}
    with fake.serve(tmp_path / "cri.sock"):
        info = engine.lookup(ID)
    assert info is not None
    assert (info.image_id, info.repository, info.tag) == ("f00", "docker.io/library/nginx", "1.27")


def status_of(**members: Any) -> Any:
    return wire.class_of(RUNTIME, "ContainerStatus")(**members)


@pytest.mark.parametrize(
    ("members", "annotations", "name", "image"),
    [
        ({"image": {"image": "nginx:1"}}, {}, "nginx:1", Image("nginx", "1")),
        (
            {"image": {"image": "a/nginx:1"}, "image_ref": "h:5/nginx@sha256:7"},
            {},
            "h:5/nginx:1",
            Image("h:5/nginx", "1", "sha256:7"),
        ),
        (
            {"image": {"image": "sha256:9"}, "image_ref": "h:5/nginx@sha256:7"},
            {},
            "h:5/nginx",
            Image("h:5/nginx", "", "sha256:7"),
        ),
        ({"image": {"image": "nginx:1"}, "image_ref": "sha256:7"}, {}, "nginx:1", Image("nginx", "1", "sha256:7")),
        (
            {"image": {"image": "sha256:7"}, "image_ref": "sha256:7"},
            {"io.kubernetes.cri.image-name": "a/b:2"},
            "a/b:2",
            Image("a/b", "2", "sha256:7"),
        ),
        ({}, {"io.kubernetes.cri-o.ImageName": "a/b:2"}, "a/b:2", Image("a/b", "2")),
        (
            {"image": {"image": "sha256:7", "user_specified_image": "q.io/b"}, "image_ref": "sha256:7"},
            {},
            "q.io/b",
            Image("q.io/b", "", "sha256:7"),
        ),
        ({"image": {"image": "sha256:7"}, "image_ref": "sha256:7"}, {}, "sha256:7", Image("", "", "sha256:7")),
        (
            {"image": {"image": ID}, "image_ref": ID},
            {"io.kubernetes.cri-o.ImageName": "a/b:2"},
            "a/b:2",
            Image("a/b", "2"),
        ),
        ({}, {}, "", Image("")),
    ],
)
def test_names_of_images(members, annotations, name, image):
    assert image_of(status_of(**members), {"annotations": annotations}) == (name, image)


@pytest.mark.parametrize(
    ("info", "privileged"),
    [
        ({"config": {"linux": {"security_context": {"privileged": True}}}}, True),
        ({"config": {"linux": {}}, "runtimeSpec": {"process": {}, "linux": {}}}, False),
        ({"runtimeSpec": {"linux": {"security_context": {"privileged": True}}}}, True),
        ({"privileged": True}, True),
        ({"privileged": False, "runtimeSpec": {"process": {}, "linux": {}}}, False),
        ({"runtimeSpec": {"process": {}, "linux": {}}}, True),
        ({"runtimeSpec": SPEC}, False),
        ({"runtimeSpec": []}, None),
        ({}, None),
    ],
)
def test_privileged(info, privileged):
    assert of(STATUS, info).privileged is privileged


def of(status: dict[str, Any], info: dict[str, Any], sandbox: dict[str, Any] | None = None) -> ContainerInfo:
    answer = wire.response_of(RUNTIME, "ContainerStatus")(status=status, info={"info": json.dumps(info)})
    pod = wire.response_of(RUNTIME, "PodSandboxStatus")(status=sandbox) if sandbox is not None else None
    return container_info("containerd", answer, pod, POD, 100)


@pytest.mark.parametrize(
    ("status", "info", "user"),
    [
        ({"user": {"linux": {"uid": 0}}}, {"runtimeSpec": SPEC}, "0"),
        ({}, {"runtimeSpec": SPEC}, "33"),
        ({}, {"config": {"linux": {"security_context": {"run_as_user": {"value": 7}}}}}, "7"),
        ({}, {"runtimeSpec": {"process": {"user": {"uid": True}}}}, ""),
        ({}, {}, ""),
    ],
)
def test_users(status, info, user):
    assert of({**STATUS, **status}, info).user == user


def test_what_cri_o_adds():
    info = {
        "sandboxID": POD,
        "pid": 7,
        "privileged": False,
        "runtimeSpec": {**SPEC, "annotations": {"io.kubernetes.cri-o.ImageName": "quay.io/a/b:3"}},
    }
    made = of({**STATUS, "image": {"image": ID}, "image_ref": ID, "image_id": ID}, info)
    assert (made.image, made.repository, made.tag, made.digest) == ("quay.io/a/b:3", "quay.io/a/b", "3", "")
    assert (made.image_id, made.privileged, made.user) == (ID, False, "33")


def test_what_was_asked_for_stands_for_what_is_not_told():
    info = of(
        STATUS, {"config": {"image": {"image": "sha256:f00"}, "envs": [{"key": "A", "value": "b"}, {"key": "C"}]}}
    )
    assert (info.image_id, info.env) == ("f00", ("A=b", "C="))
    assert (info.host_pid, info.host_network) == (None, None)


def test_probes_of_a_pod_that_was_applied():
    pod = {
        "spec": {
            "containers": [
                {"name": "other", "livenessProbe": {"exec": {"command": ["no"]}}},
                {
                    "name": "web",
                    "livenessProbe": {"exec": {"command": ["/bin/check", "-q"]}},
                    "readinessProbe": {"httpGet": {"port": 80}},
                },
            ]
        }
    }
    annotations = {"kubectl.kubernetes.io/last-applied-configuration": json.dumps(pod)}
    info = of(STATUS, {}, {**SANDBOX["status"], "annotations": annotations})
    assert (info.liveness_probe, info.readiness_probe) == (("/bin/check", "-q"), ())


def test_the_network_as_cri_o_keeps_it():
    text = "{" + "x" * 5000
    info = of(STATUS, {}, {**SANDBOX["status"], "annotations": {"io.kubernetes.cri-o.CNIResult": text}})
    assert info.cni_json == text[:4096]


def test_more_mounts_than_anybody_has():
    assert len(of({**STATUS, "mounts": [{"host_path": "/a"}] * 10_000}, {}).mounts) == 4096


def test_events(tmp_path, fake, engine):
    for number in (0, 1, 2, 7, 3):
        fake.events.put((ID, number))
    with fake.serve(tmp_path / "cri.sock"):
        events = engine.events()
        assert [next(events) for _ in range(3)] == [EngineEvent(kind, ID) for kind in ("created", "started", "removed")]


@pytest.mark.parametrize("has_events", [False, True])
def test_an_engine_without_events_is_quiet_until_it_is_closed(tmp_path, fake, engine, has_events):
    """An older containerd does not have them; CRI-O, unless configured otherwise, ends the stream at once."""
    seen: list[Any] = []
    fake.events.put(None)
    with fake.serve(tmp_path / "cri.sock", events=has_events):
        thread = threading.Thread(target=lambda: seen.extend(engine.events()))
        thread.start()
        thread.join(0.2)
        assert thread.is_alive()
        engine.close()
        thread.join(10)
    assert not thread.is_alive()
    assert seen == []


def test_an_engine_that_does_not_offer_cri(tmp_path, engine):
    with grpc_server(tmp_path / "cri.sock", {}):
        with pytest.raises(EngineAbsentError):
            engine.version()
        with pytest.raises(EngineAbsentError):
            engine.lookup(ID)


_NAMES = (
    *("process", "linux", "config", "image", "mounts", "namespaces", "user", "uid", "env", "envs", "options", "type"),
    *("security_context", "capabilities", "annotations", "cniResult", "sandboxID", "run_as_user"),
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_NAMES), inner, max_size=4),
    max_leaves=24,
)


@settings(max_examples=examples(200), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    info=st.dictionaries(st.sampled_from(("config", "runtimeSpec", "privileged", "image", "cniResult")), _JSON),
    annotations=st.dictionaries(
        st.sampled_from(
            (
                "io.kubernetes.cri-o.CNIResult",
                "kubectl.kubernetes.io/last-applied-configuration",
                "io.kubernetes.cri.image-name",
            )
        ),
        _JSON.map(json.dumps) | st.text(max_size=20),
    ),
)
def test_whatever_an_engine_adds(info, annotations):
    """Parts of a wrong type count as missing; the contents of the status itself are kept."""
    sandbox = {**SANDBOX["status"], "annotations": annotations}
    made = of({**STATUS, "annotations": annotations}, info, sandbox)
    assert (made.id, made.repository, made.tag) == (ID, "docker.io/library/nginx", "1.27")
    assert all(isinstance(item, str) for item in (*made.env, *made.capabilities, made.user, made.cni_json, made.image))
    pod = wire.response_of(RUNTIME, "PodSandboxStatus")(status=sandbox, info={"info": json.dumps(info)})
    assert sandbox_info("containerd", pod, 100).labels["io.kubernetes.pod.name"] == "web-0"


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(status=st.binary(max_size=300), sandbox=st.binary(max_size=300))
def test_any_message_makes_some_info(status, sandbox):
    answer = read_or_empty("ContainerStatus", status)
    pod = read_or_empty("PodSandboxStatus", sandbox)
    assert isinstance(container_info("cri", answer, pod, "", 100).name, str)
    assert isinstance(sandbox_info("cri", pod, 100).image, str)


def read_or_empty(method: str, content: bytes) -> Any:
    response = wire.response_of(RUNTIME, method)
    try:
        return response.FromString(content)
    except wire.DecodeError:
        return response()
