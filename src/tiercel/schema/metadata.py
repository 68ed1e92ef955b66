# SPDX-License-Identifier: Apache-2.0
"""Container metadata: values and their origins."""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType
from typing import Final

from tiercel.frozen import frozen

PARTS: Final = ("info", "names", "pod", "details")
"""Origins: ``info``, the engine's event when it creates a container; ``names``, the user files of the container;
``pod``, the Kubernetes API; ``details``, a request to the engine.

The parts are independent: a value of one part does not wait for the others.
"""

KINDS: Final = ("text", "bool", "list", "map", "mounts", "names")
"""Types of a value: one text; a boolean; several texts; pairs of texts, of which several may have one key; mounts;
users and groups, which the core stores apart from the other values."""


@frozen
class Metadata:
    """One value of a container.

    Attributes:
        name: key of the value in a response.
        doc: description.
        kind: one of :data:`KINDS`.
        part: one of :data:`PARTS`.
    """

    name: str
    doc: str
    kind: str = "text"
    part: str = "details"

    @property
    def symbol(self) -> str:
        """Name of its number in C code, without ``META_``."""
        return self.name.replace(".", "_")


_CLUSTER: Final = (
    ("pod", "the pod"),
    ("ns", "the pod's namespace"),
    ("deployment", "its deployment"),
    ("svc", "the services that select it"),
    ("rs", "its replica set"),
    ("rc", "its replication controller"),
)


def _of_cluster() -> Iterator[Metadata]:
    """Yield the metadata from the API server of a cluster; a pod may have several services."""
    for kind, what in _CLUSTER:
        form = "list" if kind == "svc" else "text"
        yield Metadata(f"k8smeta.{kind}.name", f"name of {what}", form, "pod")
        yield Metadata(f"k8smeta.{kind}.uid", f"unique id of {what}", form, "pod")
        yield Metadata(f"k8smeta.{kind}.labels", f"labels of {what}", "map", "pod")
    yield Metadata("k8smeta.pod.ip", "address of the pod", "text", "pod")


METADATA: Final = (
    Metadata("full_id", "the container's whole id", part="info"),
    Metadata("name", "its name", part="info"),
    Metadata("type", "the engine that runs it", part="info"),
    Metadata("image", "the image as the engine names it", part="info"),
    Metadata("image.id", "the image's id"),
    Metadata("image.repository", "the image's name without tag and digest", part="info"),
    Metadata("image.tag", "the image's tag", part="info"),
    Metadata("image.digest", "the image's digest in the registry"),
    Metadata("ip", "its address"),
    Metadata("cni.json", "the result of its network set-up"),
    Metadata("user", "the user that it is started as"),
    Metadata("privileged", "it is privileged", "bool"),
    Metadata("host_pid", "it shares the host's pid namespace", "bool"),
    Metadata("host_network", "it shares the host's network namespace", "bool"),
    Metadata("host_ipc", "it shares the host's ipc namespace", "bool"),
    Metadata("mounts", "of each: source, destination, mode, `true` if writable, else `false`, propagation", "mounts"),
    Metadata("labels", "its labels", "map"),
    Metadata("env", "its environment, NAME=value", "list"),
    Metadata("capabilities", "the capabilities that its first process may have", "list"),
    Metadata("healthcheck", "the command of its health check", "list"),
    Metadata("liveness_probe", "the command of its liveness probe", "list"),
    Metadata("readiness_probe", "the command of its readiness probe", "list"),
    Metadata("pod.name", "name of its pod, from a label", part="info"),
    Metadata("pod.namespace", "namespace of its pod, from a label", part="info"),
    Metadata("pod.uid", "unique id of its pod, from a label", part="info"),
    Metadata("pod.sandbox_id", "the whole id of its pod's sandbox"),
    Metadata("pod.labels", "labels of that sandbox", "map"),
    Metadata("pod.ip", "the pod's address"),
    Metadata("pod.cni.json", "the result of the pod's network set-up"),
    Metadata("users", "names of the container's own users and groups", "names", "names"),
    *_of_cluster(),
)

METADATA_BY_NAME: Final = MappingProxyType({row.name: row for row in METADATA})
