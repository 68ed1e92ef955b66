# SPDX-License-Identifier: Apache-2.0
"""A sensor, a container in a pod, and the API server with the owners of the pod."""

from __future__ import annotations

import secrets
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support import cgroups
from support.kube_api import ApiServer
from support.watch import SETTLE

import tiercel

pytestmark = pytest.mark.kernel

RULES = """
- rule: file of the shop
  desc: a file was made in a pod of a certain deployment
  condition: >
    evt.type in (open, openat) and fd.name contains tiercel-made
    and k8smeta.deployment.name = web and k8smeta.svc.name intersects (front)
  output: >
    %k8smeta.ns.name/%k8smeta.pod.name %k8smeta.ns.label[team] %k8s.rs.name %k8smeta.svc.name %k8smeta.pod.labels
  priority: NOTICE
"""
SHOWN = "shop/web-1 a web-5d (front) (app:web)"


class Pod:
    """A process in the control group of a container of a pod, and the files that it makes."""

    def __init__(self, folder: Path, server: ApiServer) -> None:
        self.folder = folder
        self.server = server
        self.uid = str(uuid.uuid4())
        self.above = cgroups.roots("cgroup2")[0] / f"tiercel-pods-{secrets.token_hex(4)}"
        self.group = self.above / f"pod{self.uid}"
        self.group.mkdir(parents=True)
        self.processes: list[cgroups.Worker] = []

    def process(self) -> cgroups.Worker:
        self.processes.append(cgroups.Worker(secrets.token_hex(32), above=self.group))
        return self.processes[-1]

    def make(self, process: cgroups.Worker, name: str) -> None:
        process.do(f"os.close(os.open({str(self.folder / name)!r}, os.O_CREAT | os.O_WRONLY))")

    def sensor(self, wait_ms: int = 15_000, rules: str = RULES) -> tiercel.Sensor:
        cluster = tiercel.KubernetesSettings(account=str(self.server.account), node_name="node-1")
        return tiercel.Sensor(
            tiercel.Ruleset.loads(rules),
            scope=tiercel.Scope.cgroup(str(self.above)),
            containers=tiercel.ContainerSettings(wait_ms=wait_ms, kubernetes=cluster),
        )

    def publish(self) -> None:
        """Add the pod, and the objects that it belongs to, to the API server."""

        def put(resource: str, name: str, spec: dict[str, Any] | None = None, owner: Any = None, **meta: Any) -> None:
            space = {} if resource == "namespaces" else {"namespace": "shop"}
            if owner is not None:
                meta["ownerReferences"] = [{**owner, "controller": True, "apiVersion": "apps/v1"}]
            self.server.store.put(resource, {"metadata": {"name": name, **space, **meta}, "spec": spec or {}})

        put("namespaces", "shop", labels={"team": "a"})
        put("services", "front", {"selector": {"app": "web"}})
        put("deployments", "web", uid="d1")
        put("replicasets", "web-5d", uid="r1", owner={"kind": "Deployment", "name": "web", "uid": "d1"})
        owner = {"kind": "ReplicaSet", "name": "web-5d", "uid": "r1"}
        put("pods", "web-1", {"nodeName": "node-1"}, owner, uid=self.uid, labels={"app": "web"})

    def close(self) -> None:
        for process in self.processes:
            process.close()
        cgroups.remove(self.group)
        cgroups.remove(self.above)


@pytest.fixture
def pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pod]:
    with ApiServer(tmp_path) as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        made = Pod(tmp_path, server)
        yield made
        made.close()


def outputs(sensor: tiercel.Sensor) -> list[str]:
    assert sensor.flush(SETTLE)
    return [alert.output.partition(": Notice ")[2] for alert in sensor.read() if alert.source == "syscall"]


def test_a_container_that_starts_while_the_sensor_runs(pod: Pod) -> None:
    pod.publish()
    with pod.sensor() as sensor:
        pod.make(pod.process(), "tiercel-made-1")
        assert outputs(sensor) == [SHOWN]


def test_a_container_that_ran_before(pod: Pod) -> None:
    pod.publish()
    process = pod.process()
    with pod.sensor() as sensor:
        pod.make(process, "tiercel-made-1")
        assert outputs(sensor) == [SHOWN]
        counted = sensor.stats().kubernetes
        assert counted is not None
        assert (counted.pods, counted.containers, counted.waiting) == (1, 1, 0)
        assert (counted.lists > 0, counted.failures, counted.failing) == (True, 0, ())


def test_events_wait_for_a_pod_that_the_server_tells_of_later(pod: Pod) -> None:
    with pod.sensor() as sensor:
        pod.make(pod.process(), "tiercel-made-1")
        threading.Timer(1, pod.publish).start()
        assert outputs(sensor) == [SHOWN]


def test_nothing_waits_for_a_server_that_is_not_there(pod: Pod) -> None:
    pod.server.stop()
    with pod.sensor(wait_ms=100) as sensor:
        process = pod.process()
        pod.make(process, "tiercel-made-1")
        assert outputs(sensor) == []
        end = time.monotonic() + SETTLE
        while (counted := sensor.stats().kubernetes) is None or "pods" not in counted.failing:
            assert time.monotonic() < end
            time.sleep(0.01)
        assert counted.failures > 0
        pod.server.start()
        pod.publish()
        end = time.monotonic() + SETTLE
        found: list[str] = []
        while SHOWN not in found:  # until the next request to the server, for each resource
            assert time.monotonic() < end
            pod.make(process, f"tiercel-made-{len(found) + 2}")
            found += outputs(sensor) or [""]


def test_other_rules_need_no_server(pod: Pod) -> None:
    rules = RULES[: RULES.index("    and k8smeta")] + '  output: "o %user.name"\n  priority: NOTICE\n'
    with pod.sensor(rules=rules) as sensor:
        pod.make(pod.process(), "tiercel-made-1")
        assert [text[0] for text in outputs(sensor)] == ["o"]
    assert pod.server.seen == []
