# SPDX-License-Identifier: Apache-2.0
"""Interfaces between the metadata resolver, the process table and the Kubernetes service."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from tiercel.containers.metadata import Value

__all__ = ["LookupRequest", "Pods", "Table"]

LookupRequest = tuple[str, str, str, int, int, str]
"""Short id of a container (as ``container.id`` shows it), matcher, control group, process, start, part.

The matcher is the pattern that recognised the control group: docker, podman, cri, containerd, lxc, libvirt_lxc, bpm.
The process is one in the container, with its start in ns since boot; 0 without a process so far. The part is ``info``,
``names``, ``pod`` or ``details``; a lookup of ``info`` returns the details, too.
"""


class Table(Protocol):
    """Process table; see :class:`tiercel._core.state.process_table.ProcessTable`."""

    def lookup_requests_fd(self) -> int: ...
    def take_lookup_requests(self) -> list[LookupRequest]: ...
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
    """Service that looks up Kubernetes metadata of a container's pod; no call waits."""

    def request(self, container: str, cgroup: str, /) -> None: ...
    def set_labels(self, container: str, labels: Mapping[str, str], /) -> None: ...
