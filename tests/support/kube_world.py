# SPDX-License-Identifier: Apache-2.0
"""Clients that request the pods of a node from an API server, and the metadata they report."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from support.kube_api import ApiServer
from support.waiting import eventually
from tiercel.kubernetes import owners as kube_fetch
from tiercel.kubernetes import reflector as kube_watch
from tiercel.kubernetes.service import Kubernetes
from tiercel.kubernetes.settings import KubernetesSettings
from tiercel.notice import Notice

UID = "6f2b1c1e-9f43-4a53-9a35-0a8e0c8f9d11"
GROUP = f"/kubepods/besteffort/pod{UID}/{'c' * 64}"
PODS = frozenset({"pod"})
SOON = 30.0  # seconds within which everything here comes; a busy machine takes its time


class Table:
    """Metadata that a process table receives."""

    def __init__(self) -> None:
        self.received: dict[str, list[dict[str, Any] | None]] = {}
        self.there: set[str] | None = None

    def set_pod(self, container: str, values: Mapping[str, Any]) -> bool:
        self.received.setdefault(container, []).append(dict(values))
        return True

    def pod_missing(self, container: str) -> bool:
        self.received.setdefault(container, []).append(None)
        return True

    def containers(self) -> list[str]:
        return list(self.received if self.there is None else self.there)

    def last(self, container: str) -> dict[str, Any]:
        """Return the last values, or nothing."""
        return (self.received.get(container) or [None])[-1] or {}


class World:
    """An API server, and its clients."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.server = ApiServer(folder)
        self.table = Table()
        self.notices: list[Notice] = []
        self._started: list[Kubernetes] = []
        for name, value in self.server.environment.items():
            monkeypatch.setenv(name, value)

    def start(self, kinds: frozenset[str] = PODS, wait: float = SOON, **settings: Any) -> Kubernetes:
        given = {"account": str(self.server.account), "node_name": "node-1", **settings}
        started = Kubernetes(self.table, KubernetesSettings(**given), wait, self.notices.append)
        self._started.append(started)
        started.need(kinds)
        return started

    def pod(self, name: str = "web-1", uid: str = UID, node: str = "node-1", ip: str = "", **meta: Any) -> None:
        given = {"name": name, "namespace": "shop", "uid": uid, "labels": {"app": "web"}, **meta}
        self.server.store.put("pods", {"metadata": given, "spec": {"nodeName": node}, "status": {"podIP": ip}})

    def named(self, resource: str, name: str, **meta: Any) -> None:
        space = {} if resource == "namespaces" else {"namespace": "shop"}
        spec = {"selector": meta.pop("selector")} if "selector" in meta else {}
        self.server.store.put(resource, {"metadata": {"name": name, **space, **meta}, "spec": spec})

    @property
    def warnings(self) -> list[str]:
        return [
            f"{text} {fields.get('error', '')} {fields.get('hint', '')}".strip() for _, _, text, fields in self.notices
        ]

    def close(self) -> None:
        for one in self._started:
            one.close()
        self.server.stop()


@contextmanager
def opened(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Make a world with short waits after a failure; afterwards its threads are gone."""
    monkeypatch.setattr(kube_watch, "_FIRST_WAIT", 0.05)
    monkeypatch.setattr(kube_watch, "_MAX_WAIT", 0.2)
    monkeypatch.setattr(kube_fetch, "_FIRST_WAIT", 0.05)
    before = set(threading.enumerate())
    made = World(folder, monkeypatch)
    yield made
    made.close()
    eventually(lambda: not [one for one in set(threading.enumerate()) - before if one.name.startswith("tiercel-")])


def owned(kind: str, name: str, uid: str) -> list[dict[str, Any]]:
    return [{"kind": kind, "name": name, "uid": uid, "controller": True, "apiVersion": "apps/v1"}]
