# SPDX-License-Identifier: Apache-2.0
"""``k8smeta.*`` and the older names of these fields: metadata of the process's pod."""

from __future__ import annotations

from typing import Any

import pytest
from support.core import PID, START, event, read

from tiercel import Engine, Ruleset
from tiercel._core.state.process_table import ProcessTable
from tiercel.kubernetes.cache import KINDS, Cache
from tiercel.schema.fields import FIELDS
from tiercel.schema.metadata import METADATA

ID = "3f" * 32
VALUES: dict[str, Any] = {
    **{
        f"k8smeta.{kind}.{name}": f"{kind}-{name}"
        for kind in ("pod", "ns", "deployment", "rs", "rc")
        for name in ("name", "uid")
    },
    **{f"k8smeta.{kind}.labels": {"b": "2", "a": f"1 of {kind}"} for kind in ("pod", "ns", "deployment", "rs", "rc")},
    "k8smeta.pod.ip": "10.0.0.7",
    "k8smeta.svc.name": ["front", "back"],
    "k8smeta.svc.uid": ["u1", "u2"],
    "k8smeta.svc.labels": [("tier", "front"), ("tier", "back"), ("x/y", "")],
}


def table(values: dict[str, Any] | None, cgroup: str = f"cpu=/kubepods/pod1/{ID}") -> ProcessTable:
    found = ProcessTable()
    found.configure_metadata(["pod"], 0)
    found.seed(tgid=PID, start_ns=START, comm="cat", cgroups=[cgroup])
    if values is not None:
        assert found.set_pod(ID[:12], values)
    return found


def shown(field: str, values: dict[str, Any] | None = None) -> Any:
    return read(event("kill"), field, table=table(VALUES if values is None else values))


@pytest.mark.parametrize("kind", ["pod", "ns", "deployment", "rs", "rc"])
def test_one_object(kind: str) -> None:
    assert shown(f"k8smeta.{kind}.name") == f"{kind}-name"
    assert shown(f"k8smeta.{kind}.uid") == f"{kind}-uid"
    assert shown(f"k8smeta.{kind}.label[a]") == f"1 of {kind}"
    assert shown(f"k8smeta.{kind}.label[c]") is None
    assert shown(f"k8smeta.{kind}.labels") == [f"a:1 of {kind}", "b:2"]


def test_the_pod_has_an_address() -> None:
    assert shown("k8smeta.pod.ip") == "10.0.0.7"


def test_several_services() -> None:
    assert shown("k8smeta.svc.name") == ["front", "back"]
    assert shown("k8smeta.svc.uid") == ["u1", "u2"]
    assert shown("k8smeta.svc.label[tier]") == ["back", "front"]
    assert shown("k8smeta.svc.label[x/y]") == [""]
    assert shown("k8smeta.svc.label[none]") is None
    assert shown("k8smeta.svc.labels") == ["tier:back", "tier:front", "x/y:"]


@pytest.mark.parametrize("kind", ["ns", "deployment", "rs", "rc"])
def test_older_names_of_one_object(kind: str) -> None:
    if kind != "ns":
        assert shown(f"k8s.{kind}.name") == f"{kind}-name"
    assert shown(f"k8s.{kind}.id") == f"{kind}-uid"
    assert shown(f"k8s.{kind}.label[b]") == "2"
    assert shown(f"k8s.{kind}.label[a]") == f"1 of {kind}"
    assert shown(f"k8s.{kind}.label[c]") is None
    assert shown(f"k8s.{kind}.labels") == f"a:1 of {kind}, b:2"


def test_older_names_of_services_are_one_text() -> None:
    assert shown("k8s.svc.name") == "front, back"
    assert shown("k8s.svc.id") == "u1, u2"
    assert shown("k8s.svc.label[tier]") == "back, front"
    assert shown("k8s.svc.label[none]") is None
    assert shown("k8s.svc.labels") == "tier:back, tier:front, x/y:"


MINE = [row.name + ("[a]" if row.arg == "key" else "") for row in FIELDS if row.extractor_module == "k8smeta"]


def test_all_fields_of_falcos_are_there() -> None:
    assert len(MINE) == 25 + 19


@pytest.mark.parametrize("field", MINE)
def test_what_is_not_known_is_missing(field: str) -> None:
    assert shown(field, {}) is None
    assert (
        shown(field, {name: [] for name in VALUES if name.startswith("k8smeta.svc") or name.endswith("labels")}) is None
    )
    assert read(event("kill"), field, table=table(None)) is None
    assert read(event("kill"), field, table=table(None, "cpu=/")) is None
    assert read(event("kill"), field) is None


def test_the_cache_tells_what_the_table_takes() -> None:
    known = {row.name for row in METADATA if row.part == "pod"}
    assert known == VALUES.keys()
    cache = Cache()
    meta = {"name": "web", "namespace": "shop", "uid": "u", "labels": {"a": "b"}}
    owners = [{"kind": "ReplicationController", "name": "web", "uid": "c", "controller": True}]
    cache.put_pod({"metadata": {**meta, "ownerReferences": owners}, "status": {"podIP": "10.0.0.1"}})
    cache.put_service({"metadata": meta, "spec": {"selector": {"a": "b"}}})
    values = cache.values(cache.pods["u"])
    assert values.keys() < known
    assert shown("k8smeta.svc.labels", values) == ["a:b"]
    assert {name.split(".")[1] for name in known} == KINDS


def test_rules_compare_them() -> None:
    rules = Ruleset.loads(
        """
- rule: Shell in a shop
  desc: d
  condition: >
    evt.type = execve and k8smeta.ns.name = shop and k8smeta.svc.name intersects (front, api)
    and k8smeta.pod.label[app] = web and k8smeta.pod.labels intersects ("app:web")
  output: "%k8smeta.pod.name %k8smeta.svc.name"
  priority: WARNING
"""
    )
    fields = {
        "k8smeta.ns.name": "shop",
        "k8smeta.svc.name": ["front", "back"],
        "k8smeta.pod.label[app]": "web",
        "k8smeta.pod.labels": ["app:web"],
        "k8smeta.pod.name": "web-1",
    }
    (alert,) = Engine(rules).evaluate({"evt.type": "execve", **fields})
    assert alert.output.endswith("web-1 (front,back)")
    assert Engine(rules).evaluate({"evt.type": "execve", **fields, "k8smeta.svc.name": ["db"]}) == []
