# SPDX-License-Identifier: Apache-2.0
"""Queue of one output in a spool on disk, and in memory while the disk cannot be used."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final

from tiercel.errors import OutputError
from tiercel.outputs.spool import Spool, SpoolDamagedError
from tiercel.outputs.stored_alert import StoredAlert, pack

__all__ = ["SpoolQueue"]

_CHUNK: Final = 64  # alerts in one transaction
_SHARE: Final = 4  # a chunk takes at most a fourth of the spool
_ROOM: Final = 0.01  # seconds between two looks for room
_FIRST_RETRY: Final = 1.0  # seconds until the next attempt to write; each one waits twice as long
_MAX_RETRY: Final = 30.0


class SpoolQueue:
    """Queue whose alerts outlive the process.  A full spool loses its oldest alerts.

    When :meth:`put` returns, the alerts are in the file, or in memory if it cannot be written: the disk is full,
    another process uses the file, it is damaged. Alerts in memory follow all alerts of the file, and move there later.

    Attributes:
        ready: condition that is notified when alerts arrive while :attr:`idle` is set.
        idle: the consumer waits, or is about to: it sets this before it looks for alerts.
        dropped: alerts that were deleted unread: the spool was full, or they were damaged.
    """

    def __init__(self, spool: Spool, capacity: int, complain: Callable[[OutputError], None]) -> None:
        """Open ``spool``; report failures by ``complain``, and keep ``capacity`` alerts in memory meanwhile."""
        self.ready = threading.Condition()
        self.idle = False
        self.dropped = 0
        self._spool = spool
        self._capacity = capacity
        self._complain = complain
        self._lock = threading.Lock()
        self._memory: deque[bytes] = deque()
        self._taken: Sequence[int] = ()  # numbers of the alerts that the consumer has
        self._taken_from_memory = False
        self._evicted = 0  # all numbers below were deleted to make room
        self._retry_at = 0.0
        self._delay = _FIRST_RETRY
        self._closed = False
        with self._lock:
            self._usable()

    def __len__(self) -> int:
        return (self._spool.count if self._spool.is_open else 0) + len(self._memory)

    @property
    def queued(self) -> int:
        """Alerts in memory."""
        return len(self._memory)

    @property
    def spooled(self) -> int:
        """Alerts in the file, as last read."""
        return self._spool.count

    def resize(self, capacity: int, limit: int) -> None:
        """Change the number of alerts in memory, and the size of the file in bytes."""
        with self._lock:
            self._capacity = capacity
            self._spool.limit = limit

    def put(self, alerts: Sequence[Any], wait: Callable[[], bool]) -> int:
        """Append alerts; return how many were refused because memory is full, too, or they are larger than the spool.

        While ``wait`` returns True, the call waits for room instead of the loss of old or new alerts.
        """
        most = self._spool.limit // _SHARE
        refused = 0
        for bodies in _chunks(map(pack, alerts), most):
            if len(bodies[0]) > most:
                refused += len(bodies)
                continue
            refused += self._put_chunk(bodies, wait)
        return refused

    def _put_chunk(self, bodies: list[bytes], wait: Callable[[], bool]) -> int:
        while True:
            while not self._has_room(bodies) and wait():
                time.sleep(_ROOM)
            bodies = self._append(bodies)
            if self.idle:
                with self.ready:
                    self.ready.notify()
            if not bodies or not wait():
                return len(bodies)

    def peek(self, limit: int) -> list[StoredAlert]:
        """Return the first alerts, at most ``limit``, without their removal; alerts in the file precede all others."""
        while True:
            bodies = self._take(limit)
            alerts, error = _decoded(bodies)
            if alerts or error is None:
                return alerts
            self._complain(SpoolDamagedError("E805", f"{self._spool.path}: skipped a damaged alert: {error}"))
            self.done(1)
            self.dropped += 1

    def _take(self, limit: int) -> list[bytes]:
        with self._lock:
            rows = self._rows(limit)
            self._taken = [number for number, _ in rows]
            bodies = [body for _, body in rows] or list(islice(self._memory, limit))
            self._taken_from_memory = bool(bodies) and not rows
            return bodies

    def done(self, count: int) -> None:
        """Remove the first ``count`` alerts, which are delivered or lost."""
        with self._lock:
            taken, self._taken = self._taken, ()
            if self._taken_from_memory:
                self._taken_from_memory = False
                for _ in range(count):
                    self._memory.popleft()
            elif not self._closed:
                self.dropped += sum(number < self._evicted for number in taken[count:])
                self._remove(taken[:count])
            self._flush()

    def close(self) -> None:
        """Write what is in memory to the file, if possible, and close it; repeated calls have no effect."""
        with self._lock:
            self._retry_at = 0.0
            self._flush()
            self._closed = True
            self._spool.close()

    def _rows(self, limit: int) -> list[tuple[int, bytes]]:
        if not self._spool.is_open or not self._spool.count:
            return []
        try:
            return self._spool.read(limit)
        except OutputError as error:
            self._fail(error, unreadable=True)
            return []

    def _remove(self, numbers: Sequence[int]) -> None:
        if numbers:
            try:
                self._spool.remove(numbers[-1] + 1)
            except OutputError as error:
                self._fail(error)

    def _has_room(self, bodies: Sequence[bytes]) -> bool:
        """Return whether the file, or memory while the file is not written, takes alerts without a loss."""
        with self._lock:
            if self._taken_from_memory or not self._usable():
                return not self._memory or len(self._memory) + len(bodies) <= self._capacity
            try:
                return self._spool.has_room(bodies)
            except OutputError as error:
                self._fail(error)
                return not self._memory

    def _append(self, bodies: Sequence[bytes]) -> list[bytes]:
        """Append alerts; return the last ones if they do not fit."""
        with self._lock:
            self._memory.extend(bodies)
            self._flush()
            excess = max(0, min(len(bodies), len(self._memory) - self._capacity))
            for _ in range(excess):
                self._memory.pop()
            return list(bodies[len(bodies) - excess :])

    def _flush(self) -> None:
        """Move alerts from memory to the file, unless the consumer has some of them."""
        if not self._memory or self._taken_from_memory or not self._usable():
            return
        for bodies in [*_chunks(self._memory, self._spool.limit // _SHARE)]:
            try:
                lost = self._spool.add(bodies)
            except OutputError as error:
                self._fail(error)
                return
            for _ in bodies:
                self._memory.popleft()
            self._delay = _FIRST_RETRY
            if lost:
                self._count_evicted(lost)

    def _count_evicted(self, lost: int) -> None:
        """Count deleted alerts, except for alerts that the consumer has: it may deliver them."""
        self._evicted = self._spool.first
        if not self.dropped:
            text = f"{self._spool.path}: the spool is full; the oldest alerts are dropped and counted"
            self._complain(OutputError("E804", text, hint="set a larger outputs_spool.max_mb"))
        before = self._evicted - lost
        self.dropped += lost - sum(before <= number < self._evicted for number in self._taken)

    def _usable(self) -> bool:
        """Return whether the file can be tried; open it if it is time for the next attempt."""
        if self._closed or time.monotonic() < self._retry_at:
            return False
        if not self._spool.is_open:
            try:
                self._spool.open()
            except OutputError as error:
                self._fail(error)
                return False
        return True

    def _fail(self, error: OutputError, *, unreadable: bool = False) -> None:
        """Report an error and use memory for a while; a file that cannot be read is closed until then."""
        if unreadable or isinstance(error, SpoolDamagedError):
            self._spool.close()
        self._retry_at = time.monotonic() + self._delay
        self._delay = min(2 * self._delay, _MAX_RETRY)
        self._complain(error)


def _decoded(bodies: Sequence[bytes]) -> tuple[list[StoredAlert], ValueError | None]:
    """Return the alerts before the first damaged one, and the error of that one."""
    alerts: list[StoredAlert] = []
    try:
        alerts.extend(map(StoredAlert, bodies))
    except ValueError as error:
        return alerts, error
    return alerts, None


def _chunks(bodies: Iterable[bytes], most: int) -> Iterator[list[bytes]]:
    """Split bodies into lists of at most ``most`` bytes together; a larger one has a list of its own."""
    chunk: list[bytes] = []
    size = 0
    for body in bodies:
        if chunk and (len(chunk) == _CHUNK or size + len(body) > most):
            yield chunk
            chunk, size = [], 0
        chunk.append(body)
        size += len(body)
    if chunk:
        yield chunk
