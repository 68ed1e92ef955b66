# SPDX-License-Identifier: Apache-2.0
"""Which engines there are on this machine, by the sockets that the settings name."""

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
"""Classes of engines, imported when there is a socket. Of several that know a container the first is believed."""

# containerd also keeps the containers of those who use it, in namespaces that are theirs: these say more about them.
_NAMESPACES: Final = {"docker": "moby", "cri": "k8s.io"}
_MAX_SOCKETS: Final = 64  # sockets of one kind: one for each user who runs containers
_HTTP: Final = frozenset({"podman", "docker"})
_USERS_MAX_BYTES: Final = 1 << 20  # bytes of an answer, from whom we need not trust: reading it takes memory and time


def sockets(settings: EngineSettings) -> Iterator[tuple[int, str, str]]:
    """Yield the place in the order of engines, the name and the socket of those that there are.

    A socket with several names is yielded once for each kind of engine.
    """
    root = host_root()
    # The host's own link leads to the folder of that name where we are.
    linked = bool(root) and os.path.islink(f"{root}/var/run")  # noqa: PTH114
    for rank, name in enumerate(KINDS):
        seen: set[tuple[int, int] | None] = {None}
        for pattern in settings.sockets.get(name, ()):
            where = pattern.replace("/var/run/", "/run/", 1) if linked and pattern.startswith("/var/run/") else pattern
            found = glob.glob(glob.escape(root) + where)  # noqa: PTH207 - Path.glob knows no absolute patterns
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
    """Return the user who decides what is behind a socket, and what it answers; None for those whom we trust anyway.

    That is who owns it or a folder on the way to it. Such an engine may be somebody's who would like to tell us that
    containers of others are harmless.
    """
    trusted = {0, os.geteuid()}
    steps = [Path(path), *Path(path).parents]
    try:
        owners = [steps[0].stat().st_uid, *(step.lstat().st_uid for step in steps)]
    except OSError:
        return 0xFFFFFFFF  # gone meanwhile: nobody
    return next((uid for uid in owners if uid not in trusted), None)


def make_engine(name: str, path: str, settings: EngineSettings) -> Engine:
    """Make the engine of that name, without asking it for anything."""
    module, _, attribute = KINDS[name].partition(":")
    make = cast("Callable[..., Engine]", getattr(import_module(module), attribute))
    if name == "containerd":
        skip = frozenset(namespace for other, namespace in _NAMESPACES.items() if settings.sockets.get(other))
        return make(path, settings.label_max_len, skip)
    if name in _HTTP and owner_of(path) is not None:
        return make(path, settings.label_max_len, _USERS_MAX_BYTES)
    return make(path, settings.label_max_len)
