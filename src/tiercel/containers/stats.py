# SPDX-License-Identifier: Apache-2.0
"""What is counted of those who are asked about containers and pods."""

from __future__ import annotations

from typing import Literal, TypeAlias

from tiercel.frozen import frozen

__all__ = ["EngineState", "EngineStats", "KubernetesStats", "MetadataStats"]

EngineState: TypeAlias = Literal["absent", "up", "down"]


@frozen
class EngineStats:
    """What a sensor counts of one socket where a container engine may listen.

    Attributes:
        name: of the engine.
        socket: its path.
        state: ``absent``: nobody listens there, or somebody else; ``up``; ``down``: no answer makes sense.
        asked: containers that were looked up.
        failed: how often no answer came, or none that made sense.
    """

    name: str
    socket: str
    state: EngineState
    asked: int
    failed: int


@frozen
class KubernetesStats:
    """What a sensor counts of the API server of the cluster.

    Attributes:
        pods: pods of this node that are known now.
        containers: containers in pods now.
        waiting: pods whose containers wait for their details now.
        lists: how often everything of a resource was listed.
        reads: owners that were read.
        failures: questions that were not answered, or refused.
        failing: what cannot be asked at present: ``pods``, ``services``, ``namespaces``, ``owners``.
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
    """All of that.

    Attributes:
        unknown: containers that are there now, and no engine knows them.
        engines: one for each socket that was found.
        kubernetes: None if no API server is asked.
    """

    unknown: int = 0
    engines: tuple[EngineStats, ...] = ()
    kubernetes: KubernetesStats | None = None
