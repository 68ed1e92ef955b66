# SPDX-License-Identifier: Apache-2.0
"""Discovery of container engines by the sockets in the settings."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Final, cast

from tiercel.containers.engines.interface import Engine
from tiercel.containers.settings import EngineSettings, host_root

__all__ = ["KINDS", "make_engine", "owner_of", "sockets"]

KINDS: Final = {
    "podman": "tiercel.containers.engines.podman:PodmanEngine",
    "docker": "tiercel.containers.engines.docker:DockerEngine",
    "cri": "tiercel.containers.engines.cri:CriEngine",
    "containerd": "tiercel.containers.engines.containerd:ContainerdEngine",
}
"""Classes of engines, imported if there is a socket; the first engine that has a container wins."""

# containerd also stores the containers of its clients, in their own namespaces; the clients return more about them.
_NAMESPACES: Final = {"docker": "moby", "cri": "k8s.io"}
_MAX_SOCKETS: Final = 64  # sockets of one kind: one for each user who runs containers
_HTTP: Final = frozenset({"podman", "docker"})
_USERS_MAX_BYTES: Final = 1 << 20  # bytes of a response of an untrusted engine: reading it takes memory and time


def sockets(settings: EngineSettings) -> Iterator[tuple[int, str, str]]:
    """Yield rank, name and socket of each engine that was found.

    A socket with several names is yielded once for each kind of engine.
    """
    root = host_root()
    # The host's own link would lead to the folder of that name in this container.
    linked = bool(root) and os.path.islink(f"{root}/var/run")  # noqa: PTH114
    for rank, name in enumerate(KINDS):
        seen: set[tuple[int, int] | None] = {None}
        for pattern in settings.sockets.get(name, ()):
            where = pattern.replace("/var/run/", "/run/", 1) if linked and pattern.startswith("/var/run/") else pattern
            found = glob.glob(glob.escape(root) + where)  # noqa: PTH207 - Path.glob has no absolute patterns
            for path in sorted(found)[:_MAX_SOCKETS]:
                if (socket := _identity(path)) not in seen:
                    seen.add(socket)
                    yield rank, name, path


def _identity(path: str) -> tuple[int, int] | None:
    try:
        status = os.stat(path)  # noqa: PTH116 - a text, as it came
    except OSError:
        return None
    return status.st_dev, status.st_ino


def owner_of(path: str) -> int | None:
    """Return the user who controls the server at a socket; None for trusted users.

    That is the owner of the socket or of a parent folder. Such an engine may return false metadata about containers of
    other users.
    """
    trusted = {0, os.geteuid()}
    steps = [Path(path), *Path(path).parents]
    try:
        owners = [steps[0].stat().st_uid, *(step.lstat().st_uid for step in steps)]
    except OSError:
        return 0xFFFFFFFF  # removed meanwhile: no user has this number
    return next((uid for uid in owners if uid not in trusted), None)


def make_engine(name: str, path: str, settings: EngineSettings) -> Engine:
    """Make the engine of that name, without a request to it."""
    module, _, attribute = KINDS[name].partition(":")
    make = cast("Callable[..., Engine]", getattr(import_module(module), attribute))
    if name == "containerd":
        skip = frozenset(namespace for other, namespace in _NAMESPACES.items() if settings.sockets.get(other))
        return make(path, settings.label_max_len, skip)
    if name in _HTTP and owner_of(path) is not None:
        return make(path, settings.label_max_len, _USERS_MAX_BYTES)
    return make(path, settings.label_max_len)
