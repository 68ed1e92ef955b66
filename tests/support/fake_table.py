# SPDX-License-Identifier: Apache-2.0
"""Stand-in for the process table that records responses about containers."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from tiercel.containers.interfaces import LookupRequest


class FakeTable:
    """Recorder of responses.

    Attributes:
        known: details of containers, by id.
        announced: values from engine events before a request.
        missing: ids of failed lookups, once per response.
        names: users, by id; None: failed lookup.
    """

    def __init__(self) -> None:
        self.known: dict[str, Mapping[str, Any]] = {}
        self.announced: dict[str, Mapping[str, Any]] = {}
        self.missing: list[str] = []
        self.names: dict[str, tuple[Mapping[int, bytes], ...] | None] = {}
        self.parts: tuple[frozenset[str], int] = frozenset(), 0
        self._there: set[str] = set()
        self._requests: list[LookupRequest] = []
        self._lock = threading.Lock()
        self._fd = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)

    def close(self) -> None:
        os.close(self._fd)

    def request(
        self,
        whole: str,
        *,
        matcher: str = "docker",
        cgroup: str | None = None,
        tgid: int = 0,
        start_ns: int = 0,
        part: Literal["info", "names", "pod", "details"] = "info",
    ) -> str:
        """Add a container; return its short id."""
        short = whole[:12]
        self._there.add(short)
        with self._lock:
            self._requests.append((short, matcher, cgroup or f"/docker/{whole}", tgid, start_ns, part))
        os.eventfd_write(self._fd, 1)
        return short

    def gone(self, short: str) -> None:
        self._there.discard(short)

    def lookup_requests_fd(self) -> int:
        return self._fd

    def take_lookup_requests(self) -> list[LookupRequest]:
        with self._lock:
            os.eventfd_read(self._fd)
            requests, self._requests = self._requests, []
        return requests

    def containers(self) -> list[str]:
        return sorted(self._there)

    def set_container(self, container: str, values: Mapping[str, Any]) -> bool:
        if container in self._there:
            self.known[container] = values
        return container in self._there

    def announce_container(self, container: str, values: Mapping[str, Any]) -> bool:
        if container in self._there:
            self.announced[container] = values
        return container in self._there

    def container_missing(self, container: str) -> bool:
        if container in self._there:
            self.missing.append(container)
        return container in self._there

    def set_names(
        self,
        container: str,
        users: Mapping[int, bytes],
        homes: Mapping[int, bytes],
        shells: Mapping[int, bytes],
        groups: Mapping[int, bytes],
    ) -> bool:
        self.names[container] = users, homes, shells, groups
        return True

    def names_missing(self, container: str) -> bool:
        self.names[container] = None
        return True

    def configure_metadata(self, parts: Iterable[str], wait_ns: int) -> None:
        self.parts = frozenset(parts), wait_ns
