# SPDX-License-Identifier: Apache-2.0
"""A resolver of containers between a stand-in for the process table and stand-ins for engines."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from support.fake_engine import DOCKER_IMAGE, FakeEngine, docker_container
from support.fake_table import FakeTable
from tiercel.containers.resolver import MetadataResolver
from tiercel.containers.settings import EngineSettings
from tiercel.notice import Notice

PODMAN = "/v4.0.0/libpod"


class Watched:
    """A table, its resolver, and engines that may be there."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.docker = FakeEngine(folder / "docker.sock")
        self.podman = FakeEngine(folder / "podman.sock", PODMAN)
        self.table = FakeTable()
        self.notices: list[Notice] = []
        self.pods: list[tuple[str, str, Any]] = []
        where = {"docker": (str(self.docker.path),), "podman": (str(self.podman.path),)}
        self.resolver = MetadataResolver(
            self.table,
            EngineSettings(**{"sockets": where, **settings}),
            wait=0.5,
            notify=self.notices.append,
            pods=self,
        )
        for engine in (self.docker, self.podman):
            engine.images["sha256:" + "ab" * 32] = DOCKER_IMAGE

    def request(self, container: str, cgroup: str) -> None:
        self.pods.append(("request", container, cgroup))

    def set_labels(self, container: str, labels: Mapping[str, str]) -> None:
        self.pods.append(("labels", container, dict(labels)))

    def run(self, number: int = 0, *, at: FakeEngine | None = None, appears: bool = True, **request: Any) -> str:
        """Start a container; return its short id."""
        whole = f"{number:04x}" * 16
        (at or self.docker).containers[whole] = docker_container(whole, ImageName="a/b:1", ImageDigest="sha256:1")
        return self.table.request(whole, **request) if appears else whole[:12]

    def notices_with(self, text: str) -> list[str]:
        return [notice[2] for notice in self.notices if text in notice[2]]

    def close(self) -> None:
        self.resolver.close()
        self.docker.stop()
        self.podman.stop()
        self.table.close()
