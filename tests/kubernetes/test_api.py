# SPDX-License-Identifier: Apache-2.0
"""The stand-in for the API server, tested with the official client: it responds as a real one does."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client, config, watch
from support.kube_api import ApiServer


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    with ApiServer(tmp_path_factory.mktemp("api")) as started:
        yield started


@pytest.fixture
def connection(server: ApiServer) -> Iterator[client.ApiClient]:
    with _connected(server, server.account) as connected:
        yield connected


@contextmanager
def _connected(server: ApiServer, account: Path) -> Iterator[client.ApiClient]:
    with client.ApiClient(_configuration(server, account)) as connected:
        yield connected
        connected.rest_client.pool_manager.clear()


def _configuration(server: ApiServer, account: Path) -> client.Configuration:
    settings = client.Configuration()
    config.incluster_config.InClusterConfigLoader(
        str(account / "token"), str(server.account / "ca.crt"), environ=server.environment
    ).load_and_set(settings)
    settings.retries = False
    return settings


def _pod(name: str, node: str = "node-1", **meta: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "shop", **meta}, "spec": {"nodeName": node, "containers": []}}


def test_lists_and_reads_what_was_put(server: ApiServer, connection: client.ApiClient) -> None:
    put = server.store.put("pods", _pod("web-1", labels={"app": "web"}))
    server.store.put("pods", _pod("web-2", node="node-2"))
    core = client.CoreV1Api(connection)
    listed = core.list_pod_for_all_namespaces(field_selector="spec.nodeName=node-1")
    assert [(pod.metadata.name, pod.metadata.uid, pod.metadata.labels) for pod in listed.items] == [
        ("web-1", put["metadata"]["uid"], {"app": "web"})
    ]
    assert int(listed.metadata.resource_version) == server.store.version
    assert core.read_namespaced_pod("web-2", "shop").spec.node_name == "node-2"
    assert server.seen[-1][:4] == ("get", "pods", "shop", "web-2")


def test_other_groups_have_paths_of_their_own(server: ApiServer, connection: client.ApiClient) -> None:
    server.store.put("replicasets", {"metadata": {"name": "web", "namespace": "shop"}, "spec": {"selector": {}}})
    read = client.AppsV1Api(connection).read_namespaced_replica_set("web", "shop")
    assert (read.kind, read.metadata.name) == ("ReplicaSet", "web")


def test_tells_metadata_alone(server: ApiServer, connection: client.ApiClient) -> None:
    server.store.put("namespaces", {"metadata": {"name": "shop"}, "status": {"phase": "Active"}})
    connection.set_default_header("Accept", "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1")
    answer = client.CoreV1Api(connection).list_namespace(_preload_content=False).json()
    assert answer["kind"] == "PartialObjectMetadataList"
    assert [set(item) for item in answer["items"]] == [{"kind", "apiVersion", "metadata"}]


def test_lists_in_pages_and_forgets_the_next_one(server: ApiServer, connection: client.ApiClient) -> None:
    core = client.CoreV1Api(connection)
    for number in range(5):
        server.store.put("services", {"metadata": {"name": f"s{number}", "namespace": "shop"}})
    first = core.list_namespaced_service("shop", limit=2)
    second = core.list_namespaced_service("shop", limit=2, _continue=first.metadata._continue)
    assert [item.metadata.name for item in (*first.items, *second.items)] == ["s0", "s1", "s2", "s3"]
    server.store.put("services", {"metadata": {"name": "s0", "namespace": "shop"}})
    with pytest.raises(client.ApiException) as caught:
        core.list_namespaced_service("shop", limit=2, _continue=first.metadata._continue)
    assert caught.value.status == 410


def test_watches_what_comes_into_the_selection_and_goes(server: ApiServer, connection: client.ApiClient) -> None:
    core = client.CoreV1Api(connection)
    since = core.list_pod_for_all_namespaces(field_selector="spec.nodeName=node-3").metadata.resource_version
    stream = watch.Watch().stream(
        core.list_pod_for_all_namespaces,
        field_selector="spec.nodeName=node-3",
        resource_version=since,
        timeout_seconds=5,
        allow_watch_bookmarks=True,
    )
    steps = (lambda: _pod("moved", "node-3"), lambda: _pod("moved", "node-3", labels={"a": "b"}), lambda: _pod("moved"))

    def work() -> None:
        server.store.put("pods", _pod("other"))
        for step in steps:
            server.store.put("pods", step())

    threading.Timer(0.2, work).start()
    changes = []
    for event in stream:
        changes.append((event["type"], event["raw_object"]["metadata"].get("name")))
        if len(changes) == 4:
            break
    assert changes == [("ADDED", "moved"), ("MODIFIED", "moved"), ("DELETED", "moved"), ("BOOKMARK", None)]


def test_a_watch_from_before_what_is_known_is_gone(server: ApiServer, connection: client.ApiClient) -> None:
    server.store.compact()
    stream = watch.Watch().stream(client.CoreV1Api(connection).list_namespace, resource_version="1", timeout_seconds=5)
    with pytest.raises(client.ApiException) as caught:
        list(stream)
    assert caught.value.status == 410


def test_refuses_as_the_real_one(server: ApiServer, connection: client.ApiClient, tmp_path: Path) -> None:
    core = client.CoreV1Api(connection)

    def status(method: Any, *arguments: Any, **named: Any) -> int:
        with pytest.raises(client.ApiException) as caught:
            method(*arguments, **named)
        return int(caught.value.status)

    assert status(core.read_namespaced_pod, "none", "shop") == 404
    assert status(core.list_node) == 404
    assert status(core.list_pod_for_all_namespaces, field_selector="spec.colour=red") == 400
    server.forbidden.add(("list", "services"))
    assert status(core.list_service_for_all_namespaces) == 403
    server.forbidden.clear()
    (tmp_path / "token").write_text("of somebody else")
    with _connected(server, tmp_path) as stranger:
        assert status(client.CoreV1Api(stranger).list_namespace) == 401


def test_is_known_by_its_authority_alone(server: ApiServer) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as plain, pytest.raises(ssl.SSLCertVerificationError):
        ssl.create_default_context().wrap_socket(plain, server_hostname="127.0.0.1")


def test_fails_in_the_ways_that_it_is_told(server: ApiServer, connection: client.ApiClient) -> None:
    core = client.CoreV1Api(connection)
    server.faults["namespaces"].extend([503, "cut", "nonsense", "stall"])
    with pytest.raises(client.ApiException) as caught:
        core.list_namespace()
    assert caught.value.status == 503
    while server.faults["namespaces"]:  # on a busy machine a request may fail before it is one
        with pytest.raises(Exception, match=r"."):  # cut short, no JSON, no answer in time
            core.list_namespace(_request_timeout=0.5)
    assert core.list_namespace(_request_timeout=60).items


def test_serves_again_after_it_was_stopped(server: ApiServer, connection: client.ApiClient) -> None:
    core = client.CoreV1Api(connection)
    assert core.list_namespace(_request_timeout=5).items
    server.stop()
    with pytest.raises(Exception, match=r"refused|closed|reset|aborted"):
        core.list_namespace(_request_timeout=5)
    server.start()
    assert core.list_namespace(_request_timeout=5).items
