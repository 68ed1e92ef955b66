# SPDX-License-Identifier: Apache-2.0
"""What the threads of this package use of a process table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from tiercel.containers.metadata import Value

__all__ = ["Ask", "Pods", "Table"]

Ask = tuple[str, str, str, int, int, str]
"""A container's id as ``container.id`` shows it, how its control group was recognised (docker, podman, cri, containerd,
lxc, libvirt_lxc, bpm), that group's path, id and start of a process in there (0: none yet), and what is asked for:
``info``, ``names``, ``pod`` or ``details``; who is asked for ``info`` is to tell the details as well."""


class Table(Protocol):
    """See :class:`tiercel._core.state.process_table.ProcessTable`."""

    def asks_fd(self) -> int: ...
    def take_asks(self) -> list[Ask]: ...
    def containers(self) -> list[str]: ...
    def set_container(self, container: str, values: Mapping[str, Value], /) -> bool: ...
    def announce_container(self, container: str, values: Mapping[str, Value], /) -> bool: ...
    def container_missing(self, container: str, /) -> bool: ...
    def set_names(
        self,
        container: str,
        users: Mapping[int, bytes],
        homes: Mapping[int, bytes],
        shells: Mapping[int, bytes],
        groups: Mapping[int, bytes],
        /,
    ) -> bool: ...
    def names_missing(self, container: str, /) -> bool: ...
    def configure_metadata(self, parts: Iterable[str], wait_ns: int, /) -> None: ...


class Pods(Protocol):
    """Who answers for what Kubernetes knows of a container's pod; no call waits."""

    def ask(self, container: str, cgroup: str, /) -> None: ...
    def tell(self, container: str, labels: Mapping[str, str], /) -> None: ...
