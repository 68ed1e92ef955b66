# SPDX-License-Identifier: Apache-2.0
"""Refusals and outages of the API server, accounts that are refused or replaced, and the notices of all that."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.kube_api import ApiServer
from support.kube_world import GROUP, SOON, World, opened, owned
from support.waiting import eventually

from tiercel.kubernetes.cache import KINDS


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with opened(tmp_path, monkeypatch) as made:
        yield made


def test_an_outage_is_told_once_and_ends_without_a_restart(world: World) -> None:
    world.pod()
    world.server.stop()
    started = world.start(KINDS)
    begun = time.monotonic()
    started.request("c1", GROUP)
    eventually(lambda: world.table.received == {"c1": [None]})  # does not wait for what is not there
    assert time.monotonic() - begun < SOON
    eventually(lambda: started.stats().failures >= 6)
    assert len(world.warnings) == 1
    world.server.start()
    eventually(lambda: world.table.last("c1"))
    eventually(lambda: started.stats().failing == ())
    assert len(world.warnings) == 1


def test_a_server_that_does_not_answer_delays_nobody_for_longer_than_the_wait(world: World) -> None:
    world.pod()
    world.server.faults["services"].append("stall")
    started = world.start(frozenset({"pod", "svc"}), wait=0.2)
    started.request("c1", GROUP)
    eventually(lambda: world.table.last("c1"))
    assert "k8smeta.svc.name" not in world.table.last("c1")


def test_what_is_forbidden_is_not_waited_for(world: World) -> None:
    world.pod(ownerReferences=owned("ReplicaSet", "web-5d", "r1"))
    world.named("namespaces", "shop", uid="n1")
    world.server.forbidden |= {("list", "services"), ("get", "replicasets")}
    started = world.start(KINDS, wait=10 * SOON)
    started.request("c1", GROUP)
    eventually(lambda: world.table.last("c1"))
    assert world.table.last("c1")["k8smeta.rs.name"] == "web-5d"  # the pod says so itself
    eventually(lambda: len(world.warnings) == 2)
    assert sorted(notice[3]["resource"] for notice in world.notices) == ["replicasets", "services"]
    assert started.stats().failing == ("replicasets", "services")


def test_an_outage_is_told_of_though_something_is_forbidden(world: World) -> None:
    world.server.forbidden.add(("list", "services"))
    started = world.start(frozenset({"pod", "svc"}))
    eventually(lambda: len(world.warnings) == 2)  # and of a node without pods
    world.server.stop()
    eventually(lambda: started.stats().failing == ("pods", "services"))
    eventually(lambda: len(world.warnings) == 3)
    assert world.notices[2][3]["resource"] in {"pods", "services"}


def test_what_is_forbidden_is_told_of_after_an_outage(world: World) -> None:
    world.pod()
    world.server.forbidden.add(("list", "services"))
    world.server.stop()
    started = world.start(frozenset({"pod", "svc"}))
    eventually(lambda: started.stats().failing == ("pods", "services"))
    eventually(lambda: len(world.warnings) == 1)
    world.server.start()
    eventually(lambda: started.stats().failing == ("services",))
    eventually(lambda: len(world.warnings) == 2)
    assert "403" in world.warnings[1]


def test_a_new_token_is_read_when_the_old_one_is_refused(world: World) -> None:
    world.pod()
    started = world.start()
    started.request("c1", GROUP)
    eventually(lambda: world.table.last("c1"))
    world.server.stop()
    world.server.tokens = {"token-2"}
    (world.server.account / "token").write_text("token-2")
    world.server.start()
    world.pod(ip="10.0.0.9")
    eventually(lambda: world.table.last("c1").get("k8smeta.pod.ip") == "10.0.0.9")


def test_a_token_that_expires_is_replaced_without_a_word(world: World) -> None:
    world.pod()
    started = world.start()
    started.request("c1", GROUP)
    eventually(lambda: world.server.store.watches("pods"))
    time.sleep(1.1)  # a watch that ends within a second is a fault
    world.server.tokens = {"token-2"}
    (world.server.account / "token").write_text("token-2")
    world.server.store.end_watches()  # but no connection
    eventually(lambda: world.server.store.watches("pods") > 1)
    world.pod(ip="10.0.0.9")
    eventually(lambda: world.table.last("c1").get("k8smeta.pod.ip") == "10.0.0.9")
    assert world.warnings == []


def test_a_server_that_somebody_else_vouches_for_is_not_asked(world: World, tmp_path: Path) -> None:
    authority = world.server.account / "ca.crt"
    right = authority.read_bytes()
    with ApiServer(tmp_path / "other") as other:
        authority.write_bytes((other.account / "ca.crt").read_bytes())
    world.pod()
    started = world.start()
    started.request("c1", GROUP)
    eventually(lambda: world.table.received == {"c1": [None]})
    assert "CERTIFICATE_VERIFY_FAILED" in world.warnings[0]
    assert world.server.seen == []
    authority.write_bytes(right)  # as when an authority is replaced
    eventually(lambda: world.table.last("c1"))


def test_a_node_without_pods_is_told_of(world: World) -> None:
    world.pod(node="node-2")
    world.start()
    eventually(lambda: world.warnings)
    assert world.warnings == ["the cluster has no pod on a node node-1: is kubernetes.node_name right?"]


def test_an_account_that_is_not_there(world: World, tmp_path: Path) -> None:
    started = world.start(account=str(tmp_path / "none"))
    started.request("c1", GROUP)
    eventually(lambda: world.table.received == {"c1": [None]})
    assert "E904" in world.warnings[0]


def test_a_kubeconfig_serves_too(world: World, tmp_path: Path) -> None:
    config = tmp_path / "kubeconfig"
    server = f"https:{'/' * 2}127.0.0.1:{world.server.port}"
    authority = world.server.account / "ca.crt"
    config.write_text(
        f"""
apiVersion: v1
kind: Config
current-context: here
contexts: [{{name: here, context: {{cluster: here, user: node}}}}]
clusters: [{{name: here, cluster: {{server: "{server}", certificate-authority: {authority}}}}}]
users: [{{name: node, user: {{token: token-1}}}}]
"""
    )
    world.pod()
    started = world.start(kubeconfig=str(config), account=str(tmp_path / "none"))
    started.request("c1", GROUP)
    eventually(lambda: world.table.last("c1"))


@pytest.mark.parametrize("text", ["a: [", "[]", "x"])
def test_a_kubeconfig_that_is_none(world: World, tmp_path: Path, text: str) -> None:
    config = tmp_path / "kubeconfig"
    config.write_text(text)
    world.start(kubeconfig=str(config))
    eventually(lambda: world.warnings)
    assert "the cluster's account cannot be used" in world.warnings[0]
    assert "E904" in world.warnings[0]


@pytest.mark.parametrize("kind", ["named pipe", "endless", "merges"])
def test_a_kubeconfig_made_to_wait_or_to_exhaust_memory(world: World, tmp_path: Path, kind: str) -> None:
    config = tmp_path / "kubeconfig"
    if kind == "named pipe":
        os.mkfifo(config)
    elif kind == "endless":
        config.symlink_to("/dev/zero")
    else:
        levels = (f"k{n}: &k{n} {{<<: [{', '.join([f'*k{n - 1}'] * 9)}]}}\n" for n in range(1, 12))
        config.write_text("k0: &k0 {a: b}\n" + "".join(levels))
    world.start(kubeconfig=str(config))
    eventually(lambda: world.warnings)
    assert f"the cluster's account cannot be used: {config}: " in world.warnings[0]
    assert "E904" in world.warnings[0]


def test_without_the_client_there_is_a_hint(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "kubernetes", None)
    started = world.start()
    started.request("c1", GROUP)
    eventually(lambda: world.table.received == {"c1": [None]})
    assert "pip install 'tiercel[kubernetes]'" in world.warnings[0]
