# SPDX-License-Identifier: Apache-2.0
"""Metadata of one container, independent of the engine."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from tiercel.frozen import field, frozen, replace

__all__ = ["MAX_TEXT", "POD_LABELS", "SHORT_ID", "ContainerInfo", "Image", "Mount", "Value", "short_id"]

MAX_TEXT: Final = 256 << 10
"""Limit of all lists and maps of one container in characters; usual containers have some thousand."""

SHORT_ID: Final = 12
"""Characters of an id that ``container.id`` shows."""

_NO_TEXTS: Final[Mapping[str, str]] = MappingProxyType({})

POD_LABELS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "pod.name": "io.kubernetes.pod.name",
        "pod.namespace": "io.kubernetes.pod.namespace",
        "pod.uid": "io.kubernetes.pod.uid",
    }
)
"""Labels that identify a container's pod, by their names in a process table."""

Value = str | bool | dict[str, str] | list[str] | list[tuple[str, ...]]
"""Value of a detail of a container in a process table."""


def short_id(container: str) -> str:
    """Return the part of an id that ``container.id`` shows."""
    return container[:SHORT_ID]


_COLLECTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "mounts": "mounts",
        "labels": "labels",
        "env": "env",
        "capabilities": "capabilities",
        "pod_labels": "pod.labels",
        "healthcheck": "healthcheck",
        "liveness_probe": "liveness_probe",
        "readiness_probe": "readiness_probe",
    }
)
"""Attributes of ContainerInfo with any number of texts, and their names in a process table."""


def _size(texts: Mapping[str, str] | tuple[str, ...] | tuple[Mount, ...]) -> int:
    """Return the number of characters."""
    if isinstance(texts, Mapping):
        return sum(len(name) + len(text) for name, text in texts.items())
    return sum(len(one) if isinstance(one, str) else sum(map(len, one.row())) for one in texts)


@frozen
class Mount:
    """Mount of a directory or file of the host, or of a volume, in a container.

    Attributes:
        source: path on the host or name of the volume, as the engine returns it.
        destination: path in the container.
        mode: mode in the engine's own notation, often empty.
        writable: whether programs in the container may write there.
        propagation: how mounts below it are passed on: ``private``, ``rslave``, ``rshared``.
    """

    source: str
    destination: str
    mode: str = ""
    writable: bool = True
    propagation: str = ""

    def row(self) -> tuple[str, ...]:
        """Return the texts that ``container.mounts`` shows."""
        return self.source, self.destination, self.mode, "true" if self.writable else "false", self.propagation


@frozen
class Image:
    """The parts of an image's name: ``registry/path:tag@digest``; a missing part is an empty text."""

    repository: str
    tag: str = ""
    digest: str = ""

    @classmethod
    def parse(cls, name: str) -> Image:
        """Split a name. A colon before the last slash belongs to a port."""
        rest, _, digest = name.partition("@")
        slash, colon = rest.rfind("/"), rest.rfind(":")
        if colon > slash:
            return cls(rest[:colon], rest[colon + 1 :], digest)
        return cls(rest, "", digest)


@frozen
class ContainerInfo:
    """Metadata of one container.

    Attributes:
        id: the whole id, as long as the engine has it.
        engine: ``container.type``: docker, podman, containerd, cri-o, cri, lxc, libvirt-lxc, bpm; empty for static.
        image: the image as the engine names it.
        image_id: its id, without the name of the hash.
        repository: its name without tag and digest.
        tag: its tag.
        digest: its digest in the registry, ``sha256:…``.
        ip: the first IPv4 address; empty without an own address.
        privileged: whether it runs without confinement; None: unknown.
        host_pid: whether it shares the host's pid namespace; the other ``host_*`` likewise; None: unknown.
        labels: labels, except values that are longer than the settings allow.
        env: ``NAME=value``, as configured.
        capabilities: granted capabilities, as ``CAP_NET_ADMIN``.
        user: as configured: a name, a number, or empty.
        created_ns: time of creation in ns since 1970; 0 unknown.
        sandbox_id: whole id of the pod's sandbox; empty outside of pods.
        pod_labels: labels of that sandbox.
        pod_ip: address of the pod.
        cni_json: result of the network set-up (CNI).
        healthcheck: command that checks its health, the program first; empty without a health check.
        liveness_probe: like ``healthcheck``, from Kubernetes.
        readiness_probe: like ``healthcheck``, from Kubernetes.
        is_partial: only id, engine, name, image and the labels that identify the pod are known.
        dropped_fields: names of values that were dropped, as they are too long.
    """

    id: str
    engine: str
    name: str = ""
    image: str = ""
    image_id: str = ""
    repository: str = ""
    tag: str = ""
    digest: str = ""
    ip: str = ""
    privileged: bool | None = False
    host_pid: bool | None = False
    host_network: bool | None = False
    host_ipc: bool | None = False
    mounts: tuple[Mount, ...] = ()
    labels: Mapping[str, str] = field(default_factory=lambda: _NO_TEXTS)
    env: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    user: str = ""
    created_ns: int = 0
    sandbox_id: str = ""
    pod_labels: Mapping[str, str] = field(default_factory=lambda: _NO_TEXTS)
    pod_ip: str = ""
    cni_json: str = ""
    healthcheck: tuple[str, ...] = ()
    liveness_probe: tuple[str, ...] = ()
    readiness_probe: tuple[str, ...] = ()
    is_partial: bool = False
    dropped_fields: frozenset[str] = frozenset()

    def truncated(self, most: int) -> ContainerInfo:
        """Return a copy without the longest lists and maps, so that the rest has at most ``most`` characters.

        Dropped values are unknown, not empty. Without the limit, the creator of a container could exhaust memory, or
        make the table reject all of its metadata, by a long environment.

        Args:
            most: characters of all lists and maps together.
        """
        sizes = {name: _size(getattr(self, name)) for name in _COLLECTIONS}
        dropped_fields = set()
        while sum(sizes.values()) > most:
            longest = max(sizes, key=sizes.__getitem__)
            dropped_fields.add(longest)
            del sizes[longest]
        if not dropped_fields:
            return self
        empty = {name: _NO_TEXTS if isinstance(getattr(self, name), Mapping) else () for name in dropped_fields}
        return replace(self, **empty, dropped_fields=frozenset(_COLLECTIONS[name] for name in dropped_fields))

    def values(self) -> dict[str, Value]:
        """Return the values for a process table, by the names that the fields' rows have as ``metadata``."""
        basic: dict[str, Value] = {
            "full_id": self.id,
            "type": self.engine,
            "name": self.name,
            "image": self.image,
            "image.repository": self.repository,
            "image.tag": self.tag,
            **{name: self.labels[label] for name, label in POD_LABELS.items() if label in self.labels},
        }
        if self.is_partial:
            return basic
        flags = {
            "privileged": self.privileged,
            "host_pid": self.host_pid,
            "host_network": self.host_network,
            "host_ipc": self.host_ipc,
        }
        full: dict[str, Value] = {
            **basic,
            **{name: flag for name, flag in flags.items() if flag is not None},
            "image.id": self.image_id,
            "image.digest": self.digest,
            "ip": self.ip,
            "mounts": [mount.row() for mount in self.mounts],
            "labels": dict(self.labels),
            "user": self.user,
            "env": list(self.env),
            "capabilities": list(self.capabilities),
            "pod.sandbox_id": self.sandbox_id,
            "pod.labels": dict(self.pod_labels),
            "pod.ip": self.pod_ip,
            "pod.cni.json": self.cni_json,
            "cni.json": self.cni_json,
            "healthcheck": list(self.healthcheck),
            "liveness_probe": list(self.liveness_probe),
            "readiness_probe": list(self.readiness_probe),
        }
        return {name: value for name, value in full.items() if name not in self.dropped_fields}
