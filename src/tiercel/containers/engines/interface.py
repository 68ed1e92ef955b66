# SPDX-License-Identifier: Apache-2.0
"""What an engine is to those who request it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, Protocol, runtime_checkable

from tiercel.containers.metadata import ContainerInfo
from tiercel.errors import EngineError

__all__ = ["Announcer", "Change", "Engine", "EngineAbsentError", "EngineError"]

Change = tuple[Literal["created", "started", "removed"], str]
"""What happened to a container, and its whole id. ``started`` stands for everything that may have changed details."""


class EngineAbsentError(EngineError):
    """Nobody listens at the socket, or somebody who is no such engine: nothing is wrong if it was never there."""


class Engine(Protocol):
    """One engine behind one socket.

    Calls wait for the engine, each as long as its own time-outs allow, and raise :class:`EngineError` when it is not
    there, too slow, or says what makes no sense. Any thread may call any method, several at once.

    Attributes:
        name: ``docker``, ``podman``, ``cri``, ``containerd``.
    """

    name: str

    def version(self) -> str:
        """Return what the engine says it is, ``docker 26.1.5``: the first call after opening it."""

    def lookup(self, container: str) -> ContainerInfo | None:
        """Return what is known of a container, by its whole id or the beginning of it; None if there is no such."""

    def events(self) -> Iterator[Change]:
        """Yield what happens to containers, until the engine or :meth:`close` ends it."""

    def close(self) -> None:
        """Give up all connections, so that calls of other threads return."""


@runtime_checkable
class Announcer(Engine, Protocol):
    """An engine that says something of a container along with what happens to it.

    That is worth much where a look-up must wait, because the container is just being started, or comes too late.
    """

    def info_from_event(self, container: str) -> ContainerInfo | None:
        """Return what was said of a container; None if nothing was."""
