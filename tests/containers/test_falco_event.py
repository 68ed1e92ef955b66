# SPDX-License-Identifier: Apache-2.0
"""Containers as Falco's JSON: what captures hold and what is written into them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiercel._core.state.process_table import ProcessTable
from tiercel.containers.falco_event import Descriptions, info_of, parse, render
from tiercel.containers.metadata import ContainerInfo, Mount
from tiercel.schema.metadata import METADATA

WEB = ContainerInfo(
    id="a" * 64,
    engine="containerd",
    name="web",
    image="registry.example.com/shop/web:1.2",
    image_id="b" * 64,
    repository="registry.example.com/shop/web",
    tag="1.2",
    digest="sha256:" + "c" * 64,
    ip="10.1.2.3",
    privileged=True,
    host_pid=True,
    host_network=True,
    host_ipc=True,
    mounts=(Mount("/etc", "/host/etc", "ro", writable=False, propagation="rslave"), Mount("data", "/data")),
    labels={"io.kubernetes.pod.name": "web-0"},
    env=("A=b",),
    capabilities=("CAP_NET_ADMIN",),
    user="1000",
    created_ns=1_700_000_000_000_000_000,
    sandbox_id="d" * 64,
    pod_labels={"app": "web"},
    cni_json="{}",
    healthcheck=("/bin/check", "-q"),
    liveness_probe=("/bin/live",),
    readiness_probe=("/bin/ready", "now"),
)


def test_what_is_written_is_read():
    found = parse(render(WEB) + b"\0")
    assert found is not None
    assert found.info == WEB
    assert not found.is_sandbox


ENGINES = {row.name for row in METADATA if row.part in ("info", "details")}


def test_all_that_an_engine_tells_is_told():
    assert WEB.values().keys() == ENGINES - {"pod.namespace", "pod.uid"}  # of these it has no label


def test_what_a_table_knows_is_written():
    values = Descriptions()(render(info_of("a" * 12, WEB.values())))[1]
    assert values == {**WEB.values(), "pod.ip": WEB.ip, "pod.cni.json": "{}"}


@pytest.mark.parametrize("name", ["web", "a-name-with-more-than-twelve-letters"])
def test_of_names_nothing_is_cut(name):
    """As threads of LXC, libvirt, BPM and of a static container have them for an id."""
    values = ContainerInfo(id=name, engine="lxc").values()
    written = render(info_of(name, values), name)
    assert json.loads(written)["container"]["id"] == name
    assert Descriptions()(written)[0] == name
    assert Descriptions()(json.dumps({"container": {"id": name, "type": 1, "full_id": ""}}).encode())[0] == name


def test_a_short_id_is_no_beginning_of_the_whole_one():
    """In Falco a static container has any."""
    assert Descriptions()(b'{"id":"shown","full_id":"whole"}')[0] == "shown"


def test_of_what_a_table_does_not_know_the_defaults_are_written():
    found = parse(render(info_of("a" * 12, {})))
    assert found is not None
    assert found.info == ContainerInfo(id="a" * 12, engine="")


def test_the_form_is_falcos():
    container = json.loads(render(WEB))["container"]
    assert container["type"] == 7
    assert container["id"] == "a" * 12
    assert container["imagerepo"] == "registry.example.com/shop/web"
    assert container["Mounts"][0] == {
        "Source": "/etc",
        "Destination": "/host/etc",
        "Mode": "ro",
        "RW": False,
        "Propagation": "rslave",
    }
    assert container["Healthcheck"] == {"exe": "/bin/check", "args": ["-q"]}
    assert container["created_time"] == 1_700_000_000


def test_the_old_form_has_its_image_split():
    found = parse(b'{"id":"0123456789ab","type":0,"name":"db","image":"host:5000/db:9@sha256:ff"}')
    assert found is not None
    info = found.info
    assert (info.engine, info.name, info.repository, info.tag, info.digest) == (
        "docker",
        "db",
        "host:5000/db",
        "9",
        "sha256:ff",
    )


NONSENSE = [
    *(b"", b"\0", b"[]", b"{}", b'{"id":1}', b'{"id":""}', b'{"container":{"name":"x"}}', b"\xff{"),
    *(b"[" * 100_000, b'{"id":"' + b"x" * 65 + b'"}'),
]


@pytest.mark.parametrize("body", NONSENSE, ids=range(len(NONSENSE)))
def test_what_tells_of_no_container(body):
    assert parse(body) is None
    assert Descriptions()(body) is None


def test_a_pod_is_described_by_its_sandbox():
    described = Descriptions()
    sandbox = {"id": "d" * 12, "full_id": "d" * 64, "type": 7, "ip": "10.0.0.9", "is_pod_sandbox": True}
    sandbox["labels"] = {"app": "pod"}
    member = {"id": "a" * 12, "type": 7, "pod_sandbox_id": "d" * 64, "pod_sandbox_labels": {"app": "told"}}

    def values(of):
        return described(json.dumps({"container": of}).encode())[1]

    before = values(member)
    assert (before.get("pod.ip"), before["pod.labels"]) == (None, {"app": "told"})
    values(sandbox)
    after = values(member)
    assert (after["pod.ip"], after["pod.labels"]) == ("10.0.0.9", {"app": "pod"})
    assert after.keys() <= ENGINES
    for labels, shown in (({"pod_sandbox_labels": {"app": "kept"}}, "kept"), ({"labels": {}}, "told")):
        values({**sandbox, "labels": {"app": "own"}, **labels})
        assert values(member)["pod.labels"] == {"app": shown}
    networked = values({**member, "ip": "10.0.0.7", "cni_json": "{}"})
    assert (networked["pod.ip"], networked["pod.labels"]) == ("10.0.0.7", {"app": "told"})


def test_a_long_environment_hides_nothing_else():
    """A table takes no more than 1 MiB."""
    env = [f"V{number}={'x' * 4000}" for number in range(300)]
    body = json.dumps({"id": "a" * 12, "name": "web", "labels": {"app": "web"}, "env": env}).encode()
    container, values = Descriptions()(body)
    ProcessTable().set_container(container, values)
    assert (values["name"], values["labels"]) == ("web", {"app": "web"})
    assert "env" not in values


_TEXTS = st.text(alphabet="aé:@/\0\ud800", max_size=8)
_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | _TEXTS
_JSON = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3), max_leaves=5
)
_KEYS = sorted(json.loads(render(WEB))["container"])


@given(st.dictionaries(st.sampled_from(_KEYS), _JSON))
def test_whatever_the_members_are(container):
    container = {**container, "id": container.get("id") or "0123456789ab"}
    described = Descriptions()(json.dumps({"container": container}).encode())
    if described is not None:
        name, values = described
        assert 0 < len(name.encode()) <= 64
        assert all(isinstance(value, (str, bool, dict, list)) for value in values.values())
        assert values.keys() <= ENGINES


@given(st.binary(max_size=200))
def test_whatever_the_bytes_are(body):
    Descriptions()(body)
