# SPDX-License-Identifier: Apache-2.0
"""Metadata parsed from a cluster's objects, and its combination."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiercel.kubernetes.cache import KINDS, Cache, kinds_of
from tiercel.kubernetes.objects import owner_of, pod_of, pod_uid, service_of

UID = "6f2b1c1e-9f43-4a53-9a35-0a8e0c8f9d11"


@pytest.mark.parametrize(
    ("path", "uid"),
    [
        (f"/kubepods/besteffort/pod{UID}/{'a' * 64}", UID),
        (f"/kubepods.slice/kubepods-pod{UID.replace('-', '_')}.slice/cri-containerd-{'a' * 64}.scope", UID),
        (f"/kubepods/pod{UID}", UID),
        (f"/kubepods/burstable/pod{'0123456789abcdef' * 2}/{'b' * 64}", "0123456789abcdef" * 2),
        (f"/kubepods/pod{UID}/kubelet/kubepods/pod{UID[::-1]}/x", UID),
        (f"/docker/{'a' * 64}", None),
        (f"/machine/libpod-{'a' * 64}", None),
        (f"/kubepods/pod{UID}0/x", None),
        ("/kubepods/podx", None),
        ("", None),
    ],
)
def test_a_control_group_tells_its_pod(path: str, uid: str | None) -> None:
    assert pod_uid(path) == uid


def owner(kind: str, name: str, uid: str) -> dict[str, Any]:
    return {"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": uid, "controller": True}


def pod(name: str = "web-1", uid: str = UID, **meta: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"name": name, "namespace": "shop", "uid": uid, "labels": {"app": "web"}, **meta}
    return {"metadata": given, "status": {"podIP": "10.0.0.7"}}


def own(uid: str) -> dict[str, str]:
    """Return the annotations of the pod that stands in the cluster for one that its node made of a file."""
    return {f"kubernetes.io/config.{name}": uid for name in ("hash", "mirror")}


def filled() -> Cache:
    cache = Cache()
    cache.replace_namespaces([{"metadata": {"name": "shop", "uid": "n1", "labels": {"team": "a"}}}])
    cache.replace_services(
        [
            service("front", "s2", {"app": "web"}, {"tier": "front"}),
            service("back", "s1", {"app": "web"}, {"tier": "back"}),
            service("other", "s3", {"app": "db"}, {}),
            service("all", "s4", {}, {}),
            service("elsewhere", "s5", {"app": "web"}, {}, "other"),
        ]
    )
    cache.replace_pods([pod(ownerReferences=[owner("ReplicaSet", "web-5d", "r1")])])
    replica_set = {"name": "web-5d", "namespace": "shop", "uid": "r1", "labels": {"hash": "5d"}}
    replica_set["ownerReferences"] = [owner("Deployment", "web", "d1")]
    cache.put_owner(("ReplicaSet", "shop", "web-5d", "r1"), owner_of({"metadata": replica_set}))
    deployment = {"name": "web", "namespace": "shop", "uid": "d1", "labels": {"by": "helm"}}
    cache.put_owner(("Deployment", "shop", "web", "d1"), owner_of({"metadata": deployment}))
    return cache


def service(
    name: str, uid: str, selector: dict[str, str], labels: dict[str, str], namespace: str = "shop"
) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "namespace": namespace, "uid": uid, "labels": labels},
        "spec": {"selector": selector},
    }


def values(cache: Cache, uid: str = UID) -> dict[str, Any]:
    found = cache.pod(uid)
    assert found is not None
    return dict(cache.values(found))


def test_all_that_a_pod_belongs_to() -> None:
    assert values(filled()) == {
        "k8smeta.pod.name": "web-1",
        "k8smeta.pod.uid": UID,
        "k8smeta.pod.ip": "10.0.0.7",
        "k8smeta.pod.labels": [("app", "web")],
        "k8smeta.ns.name": "shop",
        "k8smeta.ns.uid": "n1",
        "k8smeta.ns.labels": [("team", "a")],
        "k8smeta.rs.name": "web-5d",
        "k8smeta.rs.uid": "r1",
        "k8smeta.rs.labels": [("hash", "5d")],
        "k8smeta.deployment.name": "web",
        "k8smeta.deployment.uid": "d1",
        "k8smeta.deployment.labels": [("by", "helm")],
        "k8smeta.svc.name": ["back", "front"],
        "k8smeta.svc.uid": ["s1", "s2"],
        "k8smeta.svc.labels": [("tier", "back"), ("tier", "front")],
    }


def test_a_replication_controller_owns_a_pod_itself() -> None:
    cache = Cache()
    cache.replace_pods([pod(ownerReferences=[owner("ReplicationController", "old", "c1")])])
    key = ("ReplicationController", "shop", "old", "c1")
    assert list(cache.owner_keys(cache.pods[UID], KINDS)) == [key]
    cache.put_owner(
        key, owner_of({"metadata": {"name": "old", "namespace": "shop", "uid": "c1", "labels": {"a": "b"}}})
    )
    found = values(cache)
    assert {name: value for name, value in found.items() if ".rc." in name} == {
        "k8smeta.rc.name": "old",
        "k8smeta.rc.uid": "c1",
        "k8smeta.rc.labels": [("a", "b")],
    }


def test_an_owner_of_the_same_name_that_was_made_anew_is_another() -> None:
    cache = filled()
    cache.put_pod(pod("web-2", "u2", ownerReferences=[owner("ReplicaSet", "web-5d", "r2")]))
    key = ("ReplicaSet", "shop", "web-5d", "r2")
    assert list(cache.owner_keys(cache.pods["u2"], KINDS)) == [key]
    cache.put_owner(key, owner_of({"metadata": {"name": "web-5d", "uid": "r3", "labels": {"a": "b"}}}))
    found = values(cache, "u2")
    assert (found["k8smeta.rs.uid"], "k8smeta.rs.labels" in found, "k8smeta.deployment.name" in found) == (
        "r2",
        False,
        False,
    )
    assert values(cache)["k8smeta.deployment.name"] == "web"


def test_owners_are_asked_for_as_fields_need_them() -> None:
    cache = filled()
    keys = {kinds: list(cache.owner_keys(cache.pods[UID], frozenset(kinds.split()))) for kinds in ("pod ns svc", "rs")}
    assert keys == {"pod ns svc": [], "rs": [("ReplicaSet", "shop", "web-5d", "r1")]}
    assert [key[0] for key in cache.owner_keys(cache.pods[UID], KINDS)] == ["ReplicaSet", "Deployment"]


def test_changes_tell_which_pods_they_concern() -> None:
    cache = filled()
    assert cache.put_pod(pod(ownerReferences=[owner("ReplicaSet", "web-5d", "r1")])) == set()  # as it was
    assert cache.put_pod(pod("web-2", "u2")) == {"u2"}
    assert cache.put_namespace({"metadata": {"name": "shop", "uid": "n1", "labels": {"team": "b"}}}) == {UID, "u2"}
    assert cache.put_namespace({"metadata": {"name": "void", "uid": "n2"}}) == set()
    assert cache.remove_service(service("front", "s2", {}, {})) == {UID, "u2"}
    assert values(cache, "u2")["k8smeta.svc.name"] == ["back"]
    assert cache.replace_services([]) == {UID, "u2"}
    assert cache.replace_namespaces([]) == {UID, "u2"}


def test_a_pod_that_its_node_started_has_two_uids() -> None:
    cache = Cache()
    name = "0123456789abcdef" * 2
    assert cache.put_pod(pod(annotations=own(name))) == {UID, name}
    assert values(cache, name)["k8smeta.pod.uid"] == UID


def test_only_the_first_has_the_uid_that_a_node_gave() -> None:
    cache = Cache()
    cache.put_pod(pod(annotations=own("h")))
    cache.put_pod(pod("late", "u2", annotations=own("h")))
    cache.put_pod(pod("half", "u3", annotations={"kubernetes.io/config.hash": "i"}))
    assert values(cache, "h")["k8smeta.pod.name"] == "web-1"
    assert cache.pod("i") is None
    cache.put_pod(pod(annotations=own("j")))
    assert cache.pod("h") is None
    assert values(cache, "j")["k8smeta.pod.name"] == "web-1"
    cache.remove_pod(pod())
    cache.put_pod(pod("new", "u4", annotations=own("j")))  # a node's pod that was removed from the cluster comes again
    assert values(cache, "j")["k8smeta.pod.name"] == "new"


def test_a_pod_is_remembered_for_a_while_after_its_end() -> None:
    cache = filled()
    cache.remove_pod(pod())
    assert not cache.pods
    assert values(cache)["k8smeta.pod.name"] == "web-1"
    for number in range(300):
        cache.put_pod(pod(uid=f"u{number}", annotations=own(f"h{number}")))
    cache.replace_pods([])
    assert cache.pod(UID) is None
    assert cache.pod("h0") is None
    assert cache.pod("h299") is not None
    assert len(cache._past) == len(cache._aliases) == 256


def test_what_fields_need() -> None:
    assert kinds_of(["k8smeta.pod.name", "k8smeta.svc.labels", "image.repository"]) == {"pod", "svc"}


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def _odd(value: Any) -> st.SearchStrategy[Any]:
    """A proper object in which any part may be something else."""
    if isinstance(value, dict):
        return st.fixed_dictionaries({key: _JSON | _odd(part) for key, part in value.items()})
    if isinstance(value, list):
        return st.tuples(*map(_odd, value)).map(list)
    return st.just(value)


@given(_odd(pod(ownerReferences=[owner("ReplicaSet", "web", "r1")], annotations=own("h"))))
def test_odd_objects_do_no_harm(given_pod: Any) -> None:
    cache = filled()
    json.dumps(given_pod)
    for change in (cache.put_pod, cache.put_namespace, cache.put_service):
        change(given_pod)
    cache.put_owner(("ReplicaSet", "shop", "web", "r1"), owner_of(given_pod))
    service_of(given_pod)
    read = pod_of(given_pod)
    if read is not None:
        assert all(isinstance(value, str | list) and value for value in cache.values(read).values())
        assert all(len(key) == 4 for key in cache.owner_keys(read, KINDS))
    for remove in (cache.remove_pod, cache.remove_namespace, cache.remove_service):
        remove(given_pod)
    cache.replace_pods([given_pod, None, 5])
