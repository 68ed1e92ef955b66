# SPDX-License-Identifier: Apache-2.0
"""Pods of a node, followed at a stand-in for the API server."""

from __future__ import annotations

import itertools
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from support.kube_world import GROUP, UID, Table, World, opened, owned
from support.waiting import eventually

from tiercel._core.state.process_table import ProcessTable
from tiercel.kubernetes import owners as kube_fetch
from tiercel.kubernetes import reflector as kube_watch
from tiercel.kubernetes import service as kubernetes
from tiercel.kubernetes.cache import KINDS


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with opened(tmp_path, monkeypatch) as made:
        yield made


def test_all_that_a_pod_belongs_to(world: World) -> None:
    world.pod(ip="10.1.2.3", ownerReferences=owned("ReplicaSet", "web-5d", "r1"))
    world.named("namespaces", "shop", uid="n1", labels={"team": "a"})
    world.named("services", "front", uid="s1", labels={"tier": "front"}, selector={"app": "web"})
    world.named("replicasets", "web-5d", uid="r1", labels={"h": "5d"}, ownerReferences=owned("Deployment", "web", "d1"))
    world.named("deployments", "web", uid="d1", labels={"by": "helm"})
    started = world.start(KINDS)
    started.request("c1", GROUP)
    eventually(lambda: "k8smeta.deployment.labels" in world.table.last("c1"))
    (values,) = world.table.received["c1"]  # at once, not piece by piece
    assert values == {
        "k8smeta.pod.name": "web-1",
        "k8smeta.pod.uid": UID,
        "k8smeta.pod.ip": "10.1.2.3",
        "k8smeta.pod.labels": [("app", "web")],
        "k8smeta.ns.name": "shop",
        "k8smeta.ns.uid": "n1",
        "k8smeta.ns.labels": [("team", "a")],
        "k8smeta.svc.name": ["front"],
        "k8smeta.svc.uid": ["s1"],
        "k8smeta.svc.labels": [("tier", "front")],
        "k8smeta.rs.name": "web-5d",
        "k8smeta.rs.uid": "r1",
        "k8smeta.rs.labels": [("h", "5d")],
        "k8smeta.deployment.name": "web",
        "k8smeta.deployment.uid": "d1",
        "k8smeta.deployment.labels": [("by", "helm")],
    }
    assert world.warnings == []
    assert started.stats().failing == ()


def test_asks_for_this_node_and_for_no_more_than_is_needed(world: World) -> None:
    world.pod(ownerReferences=owned("ReplicaSet", "web-5d", "r1"))
    started = world.start()
    started.request("c1", GROUP)
    eventually(lambda: world.table.last("c1"))
    assert {seen.resource for seen in world.server.seen} == {"pods"}
    assert {seen.query["fieldSelector"] for seen in world.server.seen} == {"spec.nodeName=node-1"}
    started.need(frozenset({"ns", "rs"}))
    world.named("namespaces", "shop", uid="n1")
    eventually(lambda: "k8smeta.ns.uid" in world.table.last("c1"))
    eventually(lambda: world.server.requests_of("get", "replicasets"))
    assert {seen.resource for seen in world.server.seen} == {"pods", "namespaces", "replicasets"}
    assert all(seen.metadata_only for seen in world.server.seen if seen.resource != "pods")


def test_a_container_that_is_in_no_pod_does_not_wait(world: World) -> None:
    started = world.start()
    started.request("c1", f"/docker/{'a' * 64}")
    assert world.table.received == {"c1": [{}]}


def test_the_engine_may_tell_the_pod(world: World) -> None:
    world.pod()
    started = world.start()
    started.request("c1", f"/docker/{'a' * 64}")
    started.set_labels("c1", {"io.kubernetes.pod.uid": UID})
    eventually(lambda: world.table.last("c1").get("k8smeta.pod.name") == "web-1")
    started.set_labels("c2", {"app": "none"})
    assert "c2" not in world.table.received


def test_a_pod_that_comes_after_its_container(world: World) -> None:
    started = world.start()
    started.request("c1", GROUP)
    eventually(lambda: world.server.requests_of("watch", "pods"))
    assert world.table.received == {}
    world.pod()
    eventually(lambda: world.table.last("c1"))
    assert len(world.table.received["c1"]) == 1


def test_a_pod_that_comes_too_late_is_told_of_nevertheless(world: World) -> None:
    started = world.start(wait=0.05)
    started.request("c1", GROUP)
    eventually(lambda: world.table.received == {"c1": [None]})
    world.pod()
    eventually(lambda: world.table.last("c1"))


def test_changes_are_told_and_only_these(world: World) -> None:
    world.pod()
    started = world.start(frozenset({"pod", "svc"}))
    started.request("c1", GROUP)
    eventually(lambda: world.table.last("c1"))
    world.pod(annotations={"note": "not a field"})
    world.pod(ip="10.0.0.9")
    eventually(lambda: world.table.last("c1").get("k8smeta.pod.ip") == "10.0.0.9")
    assert len(world.table.received["c1"]) == 2
    world.named("services", "db", uid="s2", selector={"app": "db"})
    world.named("services", "front", uid="s1", selector={"app": "web"})
    eventually(lambda: world.table.last("c1").get("k8smeta.svc.name") == ["front"])
    assert len(world.table.received["c1"]) == 3
    world.server.store.delete("services", "front", "shop")
    eventually(lambda: "k8smeta.svc.name" not in world.table.last("c1"))
    world.server.store.delete("pods", "web-1", "shop")
    started.request("c2", GROUP)  # one more, of the last moment
    eventually(lambda: world.table.last("c2"))


@pytest.mark.parametrize("fault", ["cut", "nonsense", 500, 503, 429, 401])
def test_a_list_that_fails_is_tried_again(world: World, fault: str | int) -> None:
    world.pod()
    world.server.faults["pods"].append(fault)
    started = world.start()
    started.request("c1", GROUP)
    eventually(lambda: world.table.last("c1"))
    assert len(world.warnings) == (0 if fault == 401 else 1)


@pytest.mark.parametrize("fault", ["gone", "cut", "nonsense", 500, 410])
def test_a_watch_that_fails_misses_nothing(world: World, fault: str | int) -> None:
    started = world.start()
    eventually(lambda: world.server.store.watches("pods"))
    world.server.faults["pods"].append(fault)
    world.server.store.end_watches()
    eventually(lambda: not world.server.faults["pods"])
    world.pod()
    started.request("c1", GROUP)
    eventually(lambda: world.table.last("c1"))


def test_changes_that_the_server_forgot_are_found_by_listing(world: World) -> None:
    world.pod()
    started = world.start()
    started.request("c1", GROUP)
    eventually(lambda: world.table.last("c1"))
    world.server.stop()
    world.pod(ip="10.0.0.9")
    world.server.store.compact()
    world.server.start()
    eventually(lambda: world.table.last("c1").get("k8smeta.pod.ip") == "10.0.0.9")
    assert started.stats().lists == 2


def test_a_server_that_ends_all_watches_is_asked_less_and_less(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(kube_watch, "_MAX_WAIT", 100.0)
    monkeypatch.setattr(kube_watch.Reflector, "_pause", lambda self, seconds: pauses.append(seconds))
    world.server.faults["pods"].extend(["gone", "gone", "gone", "cut", "gone", "gone", "gone", 500] * 4)
    started = world.start()
    eventually(lambda: len(pauses) >= 12)
    assert all(later > earlier * 1.1 for earlier, later in itertools.pairwise(pauses[:11]))
    started.close()


def test_closing_leaves_no_connection(world: World) -> None:
    world.pod()
    world.named("namespaces", "shop", uid="n1")
    started = world.start(KINDS)
    started.request("c1", GROUP)
    eventually(lambda: world.table.last("c1"))
    assert world.server.connected
    started.close()
    eventually(lambda: not world.server.connected)


def test_containers_that_the_table_forgot_are_forgotten(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kubernetes, "_MAX_PODS", 20)
    world.table.there = {"last"}
    started = world.start(wait=0)
    for number in range(100):
        started.request(f"c{number}", GROUP)
        started.request(f"d{number}", GROUP.replace("6f2b1c1e", f"{number:08}"))
    assert started.stats().containers <= 90


def test_many_pods_come_in_pages(world: World) -> None:
    for number in range(25):
        world.pod(f"web-{number}", uid=UID.replace("6f2b1c1e", f"{number:08}"))
    world.server.page = 4
    started = world.start()
    for number in range(25):
        started.request(f"c{number}", GROUP.replace("6f2b1c1e", f"{number:08}"))
    eventually(lambda: sum(bool(world.table.last(f"c{number}")) for number in range(25)) == 25)


def test_the_client_is_imported_by_nobody_else() -> None:
    code = "import sys, tiercel.kubernetes.service; sys.exit('kubernetes' in sys.modules or 'urllib3' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_nobody_passes_a_pod_off_as_another_by_a_note(world: World) -> None:
    """A user who may make pods may write this annotation: it must not assign events of others to his pod."""
    world.pod(labels={"app": "web"})
    disguise = {"kubernetes.io/config.hash": UID, "kubernetes.io/config.mirror": UID}
    world.pod("harmless", uid=UID.replace("6f2b1c1e", "00000000"), annotations=disguise)
    started = world.start()
    started.request("c1", GROUP)
    eventually(lambda: world.table.last("c1"))
    assert world.table.last("c1")["k8smeta.pod.name"] == "web-1"


def test_a_deployment_that_was_made_anew(world: World) -> None:
    """Its replica set has the name that the old one had, which is made of the pods' template."""

    def made(pod: str, uid: str, turn: int) -> None:
        world.named("deployments", "web", uid=f"d{turn}", labels={"turn": str(turn)})
        owner = owned("Deployment", "web", f"d{turn}")
        world.named("replicasets", "web-5d", uid=f"r{turn}", ownerReferences=owner)
        world.pod(pod, uid=uid, ownerReferences=owned("ReplicaSet", "web-5d", f"r{turn}"))

    made("web-1", UID, 1)
    started = world.start(frozenset({"deployment"}))
    started.request("c1", GROUP)
    eventually(lambda: world.table.last("c1").get("k8smeta.deployment.uid") == "d1")
    world.server.store.delete("pods", "web-1", "shop")
    made("web-2", UID.replace("6f2b1c1e", "00000002"), 2)
    started.request("c2", GROUP.replace("6f2b1c1e", "00000002"))
    eventually(lambda: world.table.last("c2"))
    assert world.table.last("c2").get("k8smeta.deployment.labels") == [("turn", "2")]


def test_an_owner_is_taken_before_it_counts_as_answered(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.pod(ownerReferences=owned("ReplicaSet", "web-5d", "r1"))
    world.named("replicasets", "web-5d", uid="r1", ownerReferences=owned("Deployment", "web", "d1"))
    world.named("deployments", "web", uid="d1", labels={"by": "helm"})
    settle = kube_fetch.Fetcher._settle

    def slowly(self: kube_fetch.Fetcher, key: Any, again: float) -> None:
        settle(self, key, again)
        world.pod(ip=f"10.0.0.{len(key[1])}", ownerReferences=owned("ReplicaSet", "web-5d", "r1"))
        time.sleep(0.3)  # the pod's change arrives between

    monkeypatch.setattr(kube_fetch.Fetcher, "_settle", slowly)
    started = world.start(frozenset({"deployment"}))
    started.request("c1", GROUP)
    eventually(lambda: world.table.last("c1"))
    first = world.table.received["c1"][0]
    assert first is not None
    assert first["k8smeta.deployment.labels"] == [("by", "helm")]


def test_a_pod_of_which_too_much_is_told_keeps_its_names(world: World) -> None:
    class Core(Table):
        def set_pod(self, container: str, values: Mapping[str, Any]) -> bool:
            metas = ProcessTable()
            metas.set_pod(container, values)  # says what is too much
            return super().set_pod(container, values)

    world.table = Core()
    world.pod()
    for number in range(4):
        labels = {f"{'x' * 300}{row}": "y" * 63 for row in range(1000)}
        world.named("services", f"s{number}", labels=labels, selector={"app": "web"})
    started = world.start(frozenset({"pod", "svc"}))
    started.request("c1", GROUP)
    eventually(lambda: world.table.last("c1"))
    assert world.table.last("c1")["k8smeta.pod.name"] == "web-1"
    eventually(lambda: world.warnings)
    assert "labels and services are missing" in world.warnings[0]
    for number in range(4):
        world.server.store.delete("services", f"s{number}", "shop")
    eventually(lambda: "k8smeta.pod.labels" in world.table.last("c1"))


def test_a_container_that_the_table_asks_about_anew(world: World) -> None:
    world.pod()
    started = world.start()
    started.request("c1", GROUP)
    eventually(lambda: world.table.last("c1"))
    world.table.received.clear()  # its processes ended, and it was started once more
    started.request("c1", GROUP)
    eventually(lambda: world.table.last("c1"))
    assert world.warnings == []


def test_a_namespace_that_comes_after_its_pod(world: World) -> None:
    """Each has a watch of its own, and one may be late."""
    world.pod()
    started = world.start(frozenset({"pod", "ns"}))
    eventually(lambda: world.server.requests_of("watch", "namespaces") and world.server.requests_of("watch", "pods"))
    started.request("c1", GROUP)
    time.sleep(0.3)
    assert "c1" not in world.table.received
    world.named("namespaces", "shop", uid="n1", labels={"team": "a"})
    eventually(lambda: world.table.last("c1"))
    assert world.table.last("c1")["k8smeta.ns.labels"] == [("team", "a")]
    assert len(world.table.received["c1"]) == 1
