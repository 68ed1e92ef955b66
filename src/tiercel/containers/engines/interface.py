# SPDX-License-Identifier: Apache-2.0
"""Interface of a container engine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, Protocol, runtime_checkable

from tiercel.containers.metadata import ContainerInfo
from tiercel.errors import EngineError

__all__ = ["Announcer", "Change", "Engine", "EngineAbsentError", "EngineError"]

Change = tuple[Literal["created", "started", "removed"], str]
"""Kind of an engine event, and the whole id of the container; ``started`` stands for every change of details."""


class EngineAbsentError(EngineError):
    """No process listens at the socket, or it is another server; no failure if the engine was never up."""


class Engine(Protocol):
    """Client of the engine at one socket.

    Calls block until the engine responds, within their time-outs, and raise :class:`EngineError` if it is down, too
    slow, or its response is invalid. Any thread may call any method, concurrently.

    Attributes:
        name: ``docker``, ``podman``, ``cri``, ``containerd``.
    """

    name: str

    def version(self) -> str:
        """Return name and version of the engine, ``docker 26.1.5``; the first call on a new engine."""

    def lookup(self, container: str) -> ContainerInfo | None:
        """Return the metadata of a container by its id or a prefix of it; None if the engine does not have it."""

    def events(self) -> Iterator[Change]:
        """Yield events of containers until the engine or :meth:`close` ends the stream."""

    def close(self) -> None:
        """Close all connections, so that calls of other threads return."""


@runtime_checkable
class Announcer(Engine, Protocol):
    """Engine whose events carry partial metadata of the container.

    They help if a lookup has to wait for the start of the container, or comes after its removal.
    """

    def info_from_event(self, container: str) -> ContainerInfo | None:
        """Return the partial metadata from the events of a container; None without such an event."""
