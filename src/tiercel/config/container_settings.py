# SPDX-License-Identifier: Apache-2.0
"""Settings of container metadata: engines, wait time, and events without metadata."""

from __future__ import annotations

from typing import Final, Literal

from tiercel.containers.settings import EngineSettings
from tiercel.errors import UsageError
from tiercel.frozen import frozen
from tiercel.kubernetes.settings import KubernetesSettings

__all__ = ["MAX_WAIT_MS", "ContainerSettings"]

MAX_WAIT_MS: Final = 60_000


@frozen
class ContainerSettings:
    """Settings of container metadata: engines, wait time, and events without metadata.

    Attributes:
        wait_ms: milliseconds after the first event of a container that its events wait for metadata, if a rule or its
            output depends on it; 0: they do not wait.
        unknown: policy for metadata that is still missing: ``match``: fields have no value, so a rule with
            ``not container.image.repository in (...)`` matches, and its alert has ``container.metadata`` as
            ``unknown`` among its fields; ``skip``: a rule whose result depends on missing metadata does not match.
            Both are counted.
        engines: container engines and their sockets.
        kubernetes: location of the cluster's API server, for fields ``k8smeta.*``.
    """

    wait_ms: int = 500
    unknown: Literal["match", "skip"] = "match"
    engines: EngineSettings = EngineSettings()
    kubernetes: KubernetesSettings = KubernetesSettings()

    def __post_init__(self) -> None:
        if not 0 <= self.wait_ms <= MAX_WAIT_MS:
            raise UsageError("E607", f"events wait 0 to {MAX_WAIT_MS} ms, not {self.wait_ms}")
        if self.unknown not in ("match", "skip"):
            raise UsageError("E607", f"unknown is match or skip, not {self.unknown!r}")
