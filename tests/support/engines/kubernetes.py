# SPDX-License-Identifier: Apache-2.0
"""Containerd as Kubernetes drives it: pods and their containers through its container runtime interface (CRI)."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import grpc

from support.engines import protowire
from support.engines.daemons import Engine
from support.engines.images import Image
from support.engines.protowire import Value
from support.engines.world import World, terminal

PAUSE = "registry.test/pause:1"  # the image of every pod's sandbox
_SECONDS = 60.0
_RUNNING = 1  # the state of a container
_NODE = 2  # the namespace mode that is the machine's own
_CONFIG = f"""\
version = 2
root = "/run/containerd/root"
state = "/run/containerd/state"
disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.snapshotter.v1.btrfs"]
[grpc]
address = "/run/containerd/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "{PAUSE}"
restrict_oom_score_adj = true
disable_apparmor = true
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "/usr/lib/cni"
conf_dir = "/run/cni"
[plugins."io.containerd.grpc.v1.cri".containerd]
default_runtime_name = "runc"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
"""
_NETWORK = {
    "cniVersion": "0.4.0",
    "name": "pods",
    "plugins": [{
        "type": "bridge", "bridge": "cni0", "isGateway": True,
        "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.77.0.0/16"}]]},
    }],
}  # fmt: skip


class Pod(NamedTuple):
    """A sandbox, and what describes it to the interface."""

    id: str
    config: Mapping[int, Value]
    namespace: str
    uid: str
    address: str


class Containerd(Engine):
    """Containerd with its CRI plugin and a bridge network."""

    name = "cri"
    socket = "/run/containerd/containerd.sock"
    service = ("sh", "-c", 'echo $$ >/run/containerd.pid; exec containerd --config "$0"', "/run/containerd.toml")
    tool = ("ctr", "--address", socket, "--namespace", "k8s.io")
    pidfile = "/run/containerd.pid"

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._pods: dict[str, Pod] = {}  # by the id of their container

    def configure(self) -> None:
        self.world.path("/run/containerd.toml").write_text(_CONFIG)
        self.world.path("/run/cni").mkdir()
        self.world.path("/run/cni/10-pods.conflist").write_text(json.dumps(_NETWORK))

    def _answers(self) -> bool:
        if not super()._answers():
            return False
        try:
            status = self._call("Status", {}, timeout=1)
        except grpc.RpcError:
            return False
        ready = [condition for _, condition in protowire.fields(protowire.nested(status, 1))]
        return all(isinstance(each, bytes) and (2, 1) in protowire.fields(each) for each in ready)

    def _call(self, method: str, message: Mapping[int, Value], timeout: float = _SECONDS) -> bytes:
        with grpc.insecure_channel(f"unix://{self.outer_socket}") as channel:
            call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(
                f"/runtime.v1.RuntimeService/{method}", request_serializer=None, response_deserializer=None
            )
            return call(protowire.encode(message), timeout=timeout)

    def _load(self, archive: str) -> None:
        self.call("images", "import", archive)

    def pod(
        self,
        name: str,
        *,
        namespace: str = "default",
        labels: Mapping[str, str] | None = None,
        host: bool = False,
        privileged: bool = False,
    ) -> Pod:
        """Start a pod's sandbox; the image of its pause container must be loaded.

        Args:
            name: of the pod.
            namespace: of Kubernetes.
            labels: of the pod; the labels that a kubelet gives each pod are added.
            host: whether it shares the network of the world.
            privileged: whether its containers may be.
        """
        uid = str(uuid.uuid4())
        usual = {"io.kubernetes.pod.name": name, "io.kubernetes.pod.namespace": namespace, "io.kubernetes.pod.uid": uid}
        config: dict[int, Value] = {
            1: {1: name, 2: uid, 3: namespace},
            2: "" if host else name,  # a host name of its own takes a namespace of its own
            3: f"/var/log/pods/{name}",
            6: protowire.entries({**(labels or {}), **usual}),
            8: {
                1: f"/kubepods/besteffort/pod{uid}",
                2: {1: {1: _NODE if host else 0}, 6: int(privileged)},
            },
        }
        sandbox = protowire.text(self._call("RunPodSandbox", {1: config}), 1)
        status = protowire.nested(self._call("PodSandboxStatus", {1: sandbox}), 1)
        return Pod(sandbox, config, namespace, uid, protowire.text(protowire.nested(status, 5), 1))

    def add(
        self,
        pod: Pod,
        image: Image,
        *argv: str,
        name: str,
        privileged: bool = False,
        mounts: Mapping[str, str] | None = None,
        env: Mapping[str, str] | None = None,
        annotations: Mapping[str, str] | None = None,
    ) -> str:
        """Start a container in a pod, and return its id.

        Args:
            pod: where.
            image: loaded before.
            argv: command, instead of the image's.
            name: as in the pod's specification.
            privileged: as in its security context.
            mounts: path in the container to path in the world.
            env: environment variables.
            annotations: of the container.
        """
        usual = {
            "io.kubernetes.container.name": name,
            "io.kubernetes.pod.namespace": pod.namespace,
            "io.kubernetes.pod.uid": pod.uid,
        }
        config: dict[int, Value] = {
            1: {1: name},
            2: {1: image.name},
            4: list(argv),
            6: protowire.entries(env or {}),
            7: [{1: inside, 2: outside} for inside, outside in (mounts or {}).items()],
            9: protowire.entries(usual),
            10: protowire.entries(annotations or {}),
            11: f"{name}.log",
            15: {2: {2: int(privileged)}},
        }
        container = protowire.text(self._call("CreateContainer", {1: pod.id, 2: config, 3: pod.config}), 1)
        self._call("StartContainer", {1: container})
        self._pods[container] = pod
        return container

    def remove_pod(self, pod: Pod) -> None:
        """End and remove a pod with its containers."""
        self._call("StopPodSandbox", {1: pod.id})
        self._call("RemovePodSandbox", {1: pod.id})
        self._pods = {container: its for container, its in self._pods.items() if its is not pod}

    def run(self, image: Image, *argv: str, name: str, options: Sequence[str] = ()) -> str:
        assert not options
        return self.add(self.pod(f"pod-of-{name}"), image, *argv, name=name)

    def exec(self, container: str, *argv: str) -> str:
        answer = self._call("ExecSync", {1: container, 2: list(argv)})
        assert not dict(protowire.fields(answer)).get(3), answer
        return protowire.text(answer, 1).strip()

    def terminal(self, container: str, *argv: str) -> str:
        exec_id = f"exec-{uuid.uuid4().hex[:8]}"
        return terminal(self.world, [*self.tool, "tasks", "exec", "-t", "--exec-id", exec_id, container, *argv])

    def remove(self, container: str) -> None:
        self.remove_pod(self._pods[container])

    def running(self, container: str) -> bool:
        status = protowire.nested(self._call("ContainerStatus", {1: container}), 1)
        return (3, _RUNNING) in protowire.fields(status)

    def address(self, container: str) -> str:
        return self._pods[container].address
