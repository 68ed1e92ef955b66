# SPDX-License-Identifier: Apache-2.0
"""Interface of a container engine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal, Protocol

from tiercel.containers.metadata import ContainerInfo
from tiercel.errors import EngineError
from tiercel.frozen import frozen

__all__ = ["FAILED", "Answer", "Change", "Engine", "EngineAbsentError", "EngineError", "EngineEvent", "EngineId"]

FAILED: Final = "failed"
Answer = ContainerInfo | None | Literal["failed"]
"""Metadata of a container; None if the engine does not have it; ``failed`` if the request failed."""

Change = Literal["created", "started", "removed"]
"""Kind of an engine event; ``started`` stands for every change of details."""


@frozen
class EngineId:
    """Identity of one engine.

    Attributes:
        name: ``docker``, ``podman``, ``cri``, ``containerd``.
        path: of its socket.
        rank: position in the order of engines; the first engine that has a container wins.
        owner: user of a rootless engine, which is trusted with containers of that user only; None: system engine.
    """

    name: str
    path: str
    rank: int
    owner: int | None = None


@frozen
class EngineEvent:
    """Event of a container.

    Attributes:
        kind: of the event.
        container: the whole id.
        info: partial metadata that the event carries. It helps if a lookup has to wait for the start of the container,
            or comes after its removal.
    """

    kind: Change
    container: str
    info: ContainerInfo | None = None


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

    def events(self) -> Iterator[EngineEvent]:
        """Yield events of containers until the engine or :meth:`close` ends the stream."""

    def close(self) -> None:
        """Close all connections, so that calls of other threads return."""
