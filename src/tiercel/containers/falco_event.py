# SPDX-License-Identifier: Apache-2.0
"""JSON format of Falco's ``container`` events: decoder for captures, encoder for live events and captures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from tiercel.containers.metadata import MAX_TEXT, ContainerInfo, Image, Mount, Value, short_id
from tiercel.containers.settings import MAX_ID
from tiercel.containers.transport.json_access import member, members, parsed, text, texts, texts_by_name
from tiercel.frozen import frozen

__all__ = ["Description", "Descriptions", "info_of", "parse", "render"]

_MAX_PODS: Final = 4096
_MAX_LABEL: Final = 4096  # characters of a label's value

# Falco's numbers of engines; other numbers have no name.
_TYPES: Final = {
    0: "docker",
    1: "lxc",
    2: "libvirt-lxc",
    3: "mesos",
    4: "rkt",
    6: "cri",
    7: "containerd",
    8: "cri-o",
    9: "bpm",
    11: "podman",
}
_NUMBERS: Final = {name: number for number, name in _TYPES.items()}
_STATIC: Final = 10

# Attributes of ContainerInfo, and their names in a process table.
_TEXTS: Final = {
    "engine": "type",
    "name": "name",
    "image": "image",
    "image_id": "image.id",
    "repository": "image.repository",
    "tag": "image.tag",
    "digest": "image.digest",
    "ip": "ip",
    "user": "user",
    "sandbox_id": "pod.sandbox_id",
    "pod_ip": "pod.ip",
    "cni_json": "cni.json",
}
_LISTS: Final = ("env", "capabilities", "healthcheck", "liveness_probe", "readiness_probe")
_FLAGS: Final = ("privileged", "host_pid", "host_network", "host_ipc")


@frozen
class Description:
    """Metadata of a container in an event.

    Attributes:
        id: value of ``container.id``: a prefix of an engine's id, but the whole name for LXC and others.
        info: metadata of the container; defaults for values that the event lacks.
        is_sandbox: whether the container is a pod's sandbox, which keeps the namespaces.
    """

    id: str
    info: ContainerInfo
    is_sandbox: bool


def parse(body: bytes) -> Description | None:
    """Parse the JSON of an event; return None if it describes no container.

    The map is either the member ``container`` of another map, as Falco's plugin writes it, or the whole JSON, as in
    captures that are older than the plugin.
    """
    try:
        tree = parsed(body.partition(b"\0")[0])
    except ValueError:
        return None
    inner = member(tree, "container")
    found = inner if isinstance(inner, dict) else tree
    container = text(member(found, "id"))
    if not container or len(container.encode()) > MAX_ID:
        return None
    return Description(container, _info(container, found), found.get("is_pod_sandbox") is True)


def _info(container: str, found: Mapping[str, Any]) -> ContainerInfo:
    image = Image.parse(text(found.get("image")))
    kind = found.get("type")
    return ContainerInfo(
        id=text(found.get("full_id")) or container,
        engine=_TYPES.get(kind, "") if isinstance(kind, int) else "",
        name=text(found.get("name")),
        image=text(found.get("image")),
        image_id=text(found.get("imageid")),
        repository=text(found.get("imagerepo", image.repository)),
        tag=text(found.get("imagetag", image.tag)),
        digest=text(found.get("imagedigest", image.digest)),
        ip=text(found.get("ip")),
        privileged=found.get("privileged") is True,
        host_pid=found.get("host_pid") is True,
        host_network=found.get("host_network") is True,
        host_ipc=found.get("host_ipc") is True,
        mounts=tuple(_mount(mount) for mount in members(found.get("Mounts"))),
        labels=texts_by_name(found.get("labels"), _MAX_LABEL),
        env=texts(found.get("env")),
        capabilities=texts(found.get("capabilities")),
        user=text(found.get("User")),
        created_ns=_seconds(found.get("created_time")) * 1_000_000_000,
        sandbox_id=text(found.get("pod_sandbox_id")),
        pod_labels=texts_by_name(found.get("pod_sandbox_labels"), _MAX_LABEL),
        cni_json=text(found.get("cni_json")),
        healthcheck=_command(found.get("Healthcheck")),
        liveness_probe=_command(found.get("LivenessProbe")),
        readiness_probe=_command(found.get("ReadinessProbe")),
    )


def _seconds(value: Any) -> int:
    return value if isinstance(value, int) and 0 <= value < 1 << 33 else 0


def _mount(mount: Mapping[str, Any]) -> Mount:
    return Mount(
        text(mount.get("Source")),
        text(mount.get("Destination")),
        text(mount.get("Mode")),
        writable=mount.get("RW") is True,
        propagation=text(mount.get("Propagation")),
    )


def _command(probe: Any) -> tuple[str, ...]:
    program = text(member(probe, "exe"))
    return (program, *texts(member(probe, "args"))) if program else ()


class Descriptions:
    """Decoder of a capture's container events to values for a process table.

    As in Falco, the address and the labels of a pod come from its sandbox if an event described the sandbox.
    """

    def __init__(self) -> None:
        self._pods: dict[str, ContainerInfo] = {}

    def __call__(self, body: bytes) -> tuple[str, dict[str, Value]] | None:
        """Return the value of ``container.id``, and the values; None if the event describes no container."""
        found = parse(body)
        if found is None:
            return None
        info, container = found.info.truncated(MAX_TEXT), found.id
        if found.is_sandbox and (container in self._pods or len(self._pods) < _MAX_PODS):
            self._pods[container] = info
        values = info.values()
        if not info.capabilities:
            values.pop("capabilities", None)  # Falco's events do not contain them
        pod = None if info.cni_json else self._pods.get(short_id(info.sandbox_id))
        if pod is not None:
            labels = pod.pod_labels or pod.labels or info.pod_labels
            values.update({"pod.ip": pod.ip, "pod.cni.json": pod.cni_json, "pod.labels": dict(labels)})
        elif info.cni_json:
            values.update({"pod.ip": info.ip, "pod.cni.json": info.cni_json})
        else:
            del values["pod.ip"], values["pod.cni.json"]
        return container, values


def info_of(container: str, values: Mapping[str, Any]) -> ContainerInfo:
    """Return the metadata of a container from a process table's values; inverse of :meth:`ContainerInfo.values`."""
    attributes: dict[str, Any] = {attribute: values.get(name, "") for attribute, name in _TEXTS.items()}
    attributes.update((name, tuple(values.get(name, ()))) for name in _LISTS)
    attributes.update((name, values.get(name)) for name in _FLAGS)
    mounts = ((*mount[:3], mount[3] == "true", mount[4]) for mount in values.get("mounts", ()))
    return ContainerInfo(
        id=values.get("full_id", container),
        mounts=tuple(Mount(*mount) for mount in mounts),
        labels=values.get("labels", {}),
        pod_labels=values.get("pod.labels", {}),
        **attributes,
    )


def render(info: ContainerInfo, container: str = "") -> bytes:
    """Return the payload of an event that describes a container, without a NUL at its end.

    Args:
        info: metadata of the container.
        container: value of ``container.id``; empty for a prefix of the whole id.
    """
    kind = _NUMBERS.get(info.engine, _STATIC)
    described: dict[str, Any] = {
        "type": kind,
        "id": container or short_id(info.id),
        "full_id": info.id,
        "name": info.name,
        "image": info.image,
        "imageid": info.image_id,
        "imagerepo": info.repository,
        "imagetag": info.tag,
        "imagedigest": info.digest,
        "ip": info.ip,
        "privileged": info.privileged is True,
        "host_pid": info.host_pid is True,
        "host_network": info.host_network is True,
        "host_ipc": info.host_ipc is True,
        "Mounts": [
            {
                "Source": mount.source,
                "Destination": mount.destination,
                "Mode": mount.mode,
                "RW": mount.writable,
                "Propagation": mount.propagation,
            }
            for mount in info.mounts
        ],
        "labels": dict(info.labels),
        "env": list(info.env),
        "capabilities": list(info.capabilities),
        "User": info.user,
        "created_time": info.created_ns // 1_000_000_000,
        "pod_sandbox_id": info.sandbox_id,
        "pod_sandbox_labels": dict(info.pod_labels),
        "cni_json": info.cni_json,
        "is_pod_sandbox": bool(info.sandbox_id) and info.sandbox_id == info.id,
        "size": -1,
    }
    probes = (
        ("Healthcheck", info.healthcheck),
        ("LivenessProbe", info.liveness_probe),
        ("ReadinessProbe", info.readiness_probe),
    )
    for name, command in probes:
        if command:
            described[name] = {"exe": command[0], "args": list(command[1:])}
    return json.dumps({"container": described}, separators=(",", ":")).encode()
