# SPDX-License-Identifier: Apache-2.0
"""Settings of container engines and their sockets."""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from tiercel.errors import UsageError
from tiercel.frozen import field, frozen

__all__ = ["DEFAULT_SOCKETS", "MAX_ID", "EngineSettings", "StaticContainer", "host_root"]

MAX_ID: Final = 64
"""Bytes of a container's id that a process table keeps."""

DEFAULT_SOCKETS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "podman": ("/run/podman/podman.sock", "/run/user/*/podman/podman.sock"),
        "docker": ("/var/run/docker.sock", "/run/user/*/docker.sock"),
        "cri": (
            "/run/containerd/containerd.sock",
            "/run/crio/crio.sock",
            "/run/k3s/containerd/containerd.sock",
            "/run/k0s/containerd.sock",
            "/var/snap/microk8s/common/run/containerd.sock",
            "/run/host-containerd/containerd.sock",
        ),
        "containerd": ("/run/containerd/containerd.sock", "/run/host-containerd/containerd.sock"),
    }
)
"""Default sockets of the engines, in their order of precedence; ``*`` stands for any name."""


def host_root() -> str:
    """Return the folder below which the host's files are: empty outside of containers."""
    return os.environ.get("HOST_ROOT", "").rstrip("/")


@frozen
class StaticContainer:
    """Metadata of every container, in place of lookups.

    Attributes:
        id: shown as ``container.full_id``, at most 64 bytes.
        name: shown as ``container.name``.
        image: an image's name with tag or digest.
    """

    id: str = ""
    name: str = ""
    image: str = ""

    def __post_init__(self) -> None:
        if len(self.id.encode(errors="surrogateescape")) > MAX_ID:
            raise UsageError("E607", f"the id of a static container has at most {MAX_ID} bytes")


@frozen
class EngineSettings:
    """Container engines and their sockets.

    Attributes:
        sockets: by engine (docker, podman, cri, containerd) the paths of its sockets, in which ``*`` stands for any
            name. An engine without an entry is not used. With the environment variable ``HOST_ROOT`` they are below
            that folder.
        static: metadata of every container, in place of lookups. With an id every process is in that container.
        lxc: recognise LXC containers, which have no engine API; likewise the next two.
        libvirt_lxc: those of libvirt.
        bpm: those of BPM.
        label_max_len: labels with longer values are left out.
    """

    sockets: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: DEFAULT_SOCKETS)
    static: StaticContainer | None = None
    lxc: bool = True
    libvirt_lxc: bool = True
    bpm: bool = True
    label_max_len: int = 100
