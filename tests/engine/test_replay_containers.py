# SPDX-License-Identifier: Apache-2.0
"""Containers of a capture: the metadata in its events applies to all their processes."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest
from support import scapfile
from support.scapfile import START

from tiercel import Ruleset, replay
from tiercel._core.eval.program_build import RuleProgram
from tiercel.containers.falco_event import render
from tiercel.containers.metadata import ContainerInfo, Mount
from tiercel.engine.replay import held_event

ID = "0123456789ab"
WEB = ContainerInfo(
    id=ID + "c" * 52,
    engine="docker",
    name="web",
    image="registry.example.com/shop/web:1.2",
    repository="registry.example.com/shop/web",
    tag="1.2",
    privileged=True,
    mounts=(Mount("/etc", "/host/etc"),),
    labels={"app": "web"},
)
FIELDS = ("container.id", "container.name", "container.type", "container.image.repository", "container.privileged")
OF_WEB = {
    "container.id": ID,
    "container.name": "web",
    "container.type": "docker",
    "container.image.repository": "registry.example.com/shop/web",
    "container.privileged": True,
}
CONTAINER, ASYNCEVENT, OLD = 324, 402, 228


def wide(code: int, *params: bytes, ts: int = START, tid: int = 0) -> bytes:
    """An event whose params have 32-bit lengths."""
    lengths = b"".join(struct.pack("<I", len(param)) for param in params)
    data = b"".join(params)
    head = struct.pack("<QQIHI", ts, tid, 26 + len(lengths) + len(data), code, len(params))
    return scapfile.block(0x221, struct.pack("<H", 0) + head + lengths + data)


def described(info: ContainerInfo = WEB, **where: int) -> bytes:
    """The event in the form of Falco's plugin."""
    return wide(ASYNCEVENT, struct.pack("<I", 7), b"container\0", render(info) + b"\0", **where)


def inside(tid: int = 200, container: str = WEB.id) -> bytes:
    """A thread of the container, in the tables."""
    return scapfile.threads({"tid": tid, "comm": "nginx", "cgroups": f"cpuset=/docker/{container}\0".encode()})


def opened(tid: int = 200, at: int = 1) -> bytes:
    return scapfile.call("openat", 3, -100, "/etc/passwd", 1, 0, 0, 7, tid=tid, ts=START + at)


def alerts(folder: Path, *blocks: bytes, condition: str = "evt.type = openat", fields: Any = FIELDS) -> list[Any]:
    output = " ".join(f"%{field}" for field in fields)
    text = f'- rule: all\n  desc: d\n  condition: {condition}\n  output: "{output}"\n  priority: INFO\n'
    file = folder / "a.scap"
    file.write_bytes(scapfile.capture(*blocks))
    return list(replay(file, Ruleset.loads(text)))


def shown(folder: Path, *blocks: bytes, **rule: Any) -> list[dict[str, Any]]:
    fields = rule.get("fields", FIELDS)
    return [{name: alert.fields.get(name) for name in fields} for alert in alerts(folder, *blocks, **rule)]


def test_what_is_told_holds_for_threads_of_the_tables(tmp_path: Path) -> None:
    assert shown(tmp_path, inside(), described(), opened()) == [OF_WEB]


def test_a_container_with_a_name_for_an_id(tmp_path: Path) -> None:
    """The id of LXC is not cut, and there is no second id."""
    name = "database-of-the-shop"
    body = json.dumps({"container": {"id": name, "type": 1, "full_id": "", "name": "", "image": ""}}).encode()
    thread = scapfile.threads({"tid": 200, "comm": "db", "cgroups": f"cpuset=/lxc.payload.{name}\0".encode()})
    event = wide(ASYNCEVENT, struct.pack("<I", 7), b"container\0", body + b"\0")
    fields = ("container.id", "container.type")
    assert shown(tmp_path, thread, event, opened(), fields=fields) == [{"container.id": name, "container.type": "lxc"}]


def test_nothing_is_known_before(tmp_path: Path) -> None:
    before, after = shown(tmp_path, inside(), opened(), described(ts=START + 2), opened(at=3))
    assert before == dict.fromkeys(FIELDS) | {"container.id": ID}
    assert after == OF_WEB


def test_what_is_told_holds_for_threads_that_come_later(tmp_path: Path) -> None:
    cgroups = f"cpuset=/docker/{WEB.id}\0".encode()
    row = scapfile.EVENT_BY_NAME["clone"]
    names = [param.name for param in row.params]
    values: dict[str, object] = {
        "res": 0,
        "exe": "sh",
        "args": b"",
        "tid": 300,
        "pid": 300,
        "ptid": 1,
        "cwd": "",
        "comm": "sh",
        "cgroups": cgroups,
        "vtid": 1,
        "vpid": 1,
    }
    child = scapfile.call("clone", *(values.get(name) for name in names), tid=300, ts=START + 1)
    assert shown(tmp_path, described(), child, opened(tid=300, at=2)) == [OF_WEB]


def test_rules_match_by_image(tmp_path: Path) -> None:
    condition = 'evt.type = openat and container.image.repository contains "shop" and container.privileged = true'
    blocks = (inside(), inside(201, "d" * 64), described(), opened(), opened(tid=201))
    assert len(alerts(tmp_path, *blocks, condition=condition)) == 1


def test_the_event_itself_has_the_container(tmp_path: Path) -> None:
    fields = (*FIELDS, "evt.type", "proc.name", "evt.is_async")
    (found,) = shown(
        tmp_path, described(), condition="evt.type = container and container.privileged = true", fields=fields
    )
    assert found == OF_WEB | {"evt.type": "container", "proc.name": None, "evt.is_async": True}


def test_no_other_event_has_it(tmp_path: Path) -> None:
    (of_host,) = shown(tmp_path, described(), opened(tid=100))
    assert of_host["container.id"] == "host"
    other = wide(ASYNCEVENT, struct.pack("<I", 7), b"other\0", render(WEB) + b"\0", ts=START + 1)
    found = shown(tmp_path, described(), other, condition="evt.num = 2")
    assert found == [dict.fromkeys(FIELDS)]


@pytest.mark.parametrize("name", ["container_removed", "k8s"])
@pytest.mark.parametrize("condition", ["evt.type = {}", "evt.type in (open, {})", "evt.type != open"])
def test_rules_name_other_events_of_falcos_plugins(tmp_path: Path, name: str, condition: str) -> None:
    event = wide(ASYNCEVENT, struct.pack("<I", 7), name.encode() + b"\0", render(WEB) + b"\0")
    fields = ("evt.type", "evt.asynctype", "evt.num")
    found = shown(tmp_path, event, opened(), condition=condition.format(name), fields=fields)
    assert {"evt.type": name, "evt.asynctype": name, "evt.num": 1} in found
    assert shown(tmp_path, event, opened(), condition=f"not evt.type = {name}", fields=("evt.num",)) == [{"evt.num": 2}]


@pytest.mark.parametrize("wrapped", [True, False])
def test_events_of_older_captures(tmp_path: Path, wrapped: bool) -> None:
    body = render(WEB) if wrapped else json.dumps(json.loads(render(WEB))["container"]).encode()
    assert shown(tmp_path, inside(), wide(CONTAINER, body + b"\0"), opened()) == [OF_WEB]


def test_events_of_the_oldest_captures(tmp_path: Path) -> None:
    old = scapfile.event(OLD, [ID.encode() + b"\0", struct.pack("<I", 0), b"web\0", WEB.image.encode() + b"\0"])
    (found,) = shown(tmp_path, inside(), old, opened())
    assert found == OF_WEB | {"container.privileged": False}


def test_the_last_word_counts(tmp_path: Path) -> None:
    renamed = ContainerInfo(id=WEB.id, engine="podman", name="new")
    (found,) = shown(
        tmp_path, inside(), described(), described(renamed), opened(), fields=("container.name", "container.type")
    )
    assert found == {"container.name": "new", "container.type": "podman"}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"container":{}}', b"\xff\0", b'{"container":{"id":5}}'])
def test_nonsense_is_counted(tmp_path: Path, body: bytes) -> None:
    file = tmp_path / "a.scap"
    event = wide(ASYNCEVENT, struct.pack("<I", 7), b"container\0", body)
    file.write_bytes(scapfile.capture(inside(), event, described(), opened()))
    run = replay(
        file, Ruleset.loads("- rule: r\n  desc: d\n  condition: evt.type = openat\n  output: x\n  priority: INFO")
    )
    assert len(list(run)) == 1
    assert run.stats().malformed == 1
    assert not run.stats().lossless


def test_a_new_section_knows_none_of_the_one_before(tmp_path: Path) -> None:
    file = tmp_path / "a.scap"
    part = scapfile.capture(inside(), opened())
    file.write_bytes(scapfile.capture(inside(), described(), opened()) + part)
    output = '"%container.name"'
    rules = Ruleset.loads(f"- rule: r\n  desc: d\n  condition: evt.type = openat\n  output: {output}\n  priority: INFO")
    assert [alert.message for alert in replay(file, rules)] == ["web", "<NA>"]


def test_an_event_that_is_looked_at_alone(tmp_path: Path) -> None:
    file = tmp_path / "a.scap"
    file.write_bytes(scapfile.capture(inside(), described(), opened()))
    output = " ".join(f"%{field}" for field in FIELDS)
    rules = Ruleset.loads(f'- rule: r\n  desc: d\n  condition: evt.num > 0\n  output: "{output}"\n  priority: INFO')
    program = RuleProgram(rules.compile("both").program)
    for num in (1, 2):
        with held_event(file, num) as (capture, _):
            (alert,) = capture.evaluate(program)
            assert alert.values[: len(FIELDS)] == tuple(OF_WEB.values())
