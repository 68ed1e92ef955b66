# SPDX-License-Identifier: Apache-2.0
"""Counters of container engines and of the Kubernetes service."""

from __future__ import annotations

from typing import Literal, TypeAlias

from tiercel.frozen import frozen

__all__ = ["EngineState", "EngineStats", "KubernetesStats", "MetadataStats"]

EngineState: TypeAlias = Literal["absent", "up", "down"]


@frozen
class EngineStats:
    """Counters of one socket of a container engine.

    Attributes:
        name: of the engine.
        socket: its path.
        state: ``absent``: no process or another server listens there; ``up``; ``down``: no valid response.
        lookups: number of lookups.
        failed: requests without a valid response.
    """

    name: str
    socket: str
    state: EngineState
    lookups: int
    failed: int


@frozen
class KubernetesStats:
    """Counters of the Kubernetes API server.

    Attributes:
        pods: pods of this node in the cache now.
        containers: containers in pods now.
        waiting: pods whose containers wait for metadata now.
        lists: full lists of a resource.
        reads: owners that were read.
        failures: requests that failed or were refused.
        failing: resources whose requests fail at present: ``pods``, ``services``, ``namespaces``, ``owners``.
    """

    pods: int
    containers: int
    waiting: int
    lists: int
    reads: int
    failures: int
    failing: tuple[str, ...]


@frozen
class MetadataStats:
    """Counters of all engines and of the API server.

    Attributes:
        unknown: running containers that no engine has metadata of.
        engines: one for each socket that was found.
        kubernetes: None without an API server.
    """

    unknown: int = 0
    engines: tuple[EngineStats, ...] = ()
    kubernetes: KubernetesStats | None = None
