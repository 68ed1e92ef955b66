# SPDX-License-Identifier: Apache-2.0
"""Lookups of users and groups in the files of containers, in threads of their own."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Final, Protocol

from tiercel.containers.interfaces import LookupRequest, Table
from tiercel.containers.settings import host_root
from tiercel.containers.user_files import host_proc, read_inside
from tiercel.containers.util.worker_pool import WorkerPool

__all__ = ["UserLookups"]

_READERS: Final = 4  # threads that read files of containers, for each of system and rootless engines
_MAX_READS: Final = 4096
_OF_USERS: Final = re.compile(r"/user-\d+\.slice/")
# Seconds until the next attempt for a process that does not have the container's files yet.
_READ_PAUSES: Final = (0.005, 0.02, 0.08, 0.4, 2.0)
_GONE_PAUSE: Final = 0.1  # seconds until the next process is requested, so that many exits at once do not use up a CPU


class Schedule(Protocol):
    """Timer of the resolver."""

    def __call__(self, delay: float, call: Callable[[], object], /) -> None:
        """Make a short call after ``delay`` seconds."""


class UserLookups:
    """Lookups of the part ``names``.

    Args:
        table: destination of the results.
        schedule: timer for further attempts.
    """

    def __init__(self, table: Table, schedule: Schedule) -> None:
        self._table = table
        self._schedule = schedule
        self._proc = host_proc(host_root())
        # A user can give a container a file system that never responds; only rootless containers may wait for that.
        self._reads = WorkerPool("tiercel-users", _READERS, _MAX_READS)
        self._reads_of_users = WorkerPool("tiercel-users", _READERS, _MAX_READS)

    def request(self, request: LookupRequest) -> None:
        """Read the files by way of the process in the request."""
        short, _, cgroup, tgid, start_ns, _ = request
        reads = self._reads_of_users if _OF_USERS.search(cgroup) else self._reads
        self._read(reads, short, tgid, start_ns, _READ_PAUSES)

    def close(self) -> None:
        """Drop queued lookups; running ones are not interrupted."""
        self._reads.close()
        self._reads_of_users.close()

    def _read(self, reads: WorkerPool, short: str, tgid: int, start_ns: int, pauses: tuple[float, ...]) -> None:
        if self._proc is None or not reads.put(partial(self._read_names, reads, short, tgid, start_ns, pauses)):
            self._table.names_missing(short)

    def _read_names(self, reads: WorkerPool, short: str, tgid: int, start_ns: int, pauses: tuple[float, ...]) -> None:
        assert self._proc is not None
        try:
            names = read_inside(tgid, start_ns, self._proc)
        except OSError:  # the process is gone; the table may have another one
            self._schedule(_GONE_PAUSE, lambda: self._table.names_missing(short))
            return
        if names is not None:
            self._table.set_names(short, *names)
        elif pauses:
            self._schedule(pauses[0], lambda: self._read(reads, short, tgid, start_ns, pauses[1:]))
        else:
            self._table.names_missing(short)
