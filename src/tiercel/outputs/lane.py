# SPDX-License-Identifier: Apache-2.0
"""Queue and thread of one output."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tiercel.errors import OutputError
from tiercel.outputs.base import Output
from tiercel.outputs.queue import AlertQueue, MemoryQueue
from tiercel.outputs.route import Route
from tiercel.outputs.worker import OutputStats, Sender, Worker

__all__ = ["Lane"]


class Lane:
    """Delivery to one output, in a thread that starts with the first alert.

    Attributes:
        route: its settings.
        sender: calls of the output; without a thread, the caller of :meth:`put` may use it instead.
        is_local: a stream or a file without a spool, which needs no thread.
    """

    def __init__(
        self,
        route: Route,
        output: Output,
        on_failure: Callable[[OutputError], None],
        *,
        waits: bool,
        before: Lane | None = None,
    ) -> None:
        """Deliver to ``output``; take over queue and counters of ``before``.

        Alerts in memory move to a new spool. Alerts in another spool stay there: ``before`` delivers them.
        """
        self.route = route
        self._waits = waits
        self._refused = 0
        self._closed = False
        remote = bool(getattr(output, "remote", False))
        place = route.spool if route.spool is not None and (remote or route.spool.local) else None
        self._spool = (place.folder, route.name) if place is not None else None
        self.is_local = not remote and place is None
        same = before is not None and before._spool == self._spool
        moves = before is not None and before._spool is None and place is not None
        earlier = before if same or moves else None
        counters = earlier.sender.counters if earlier is not None else None
        self.sender: Sender = Sender(route.name, output, on_failure, counters)
        self._queue: AlertQueue
        if same and earlier is not None:
            self._queue = earlier._queue
            self._queue.resize(route.capacity, place.limit if place is not None else 0)
        elif place is not None:
            self._queue = _spool_queue(place.folder, place.limit, route, self.sender.complain)
        else:
            self._queue = MemoryQueue(route.capacity)
        self._rest = earlier._queue if moves and earlier is not None else None
        after: Worker | None = None
        if earlier is not None:
            after, self._refused = earlier._worker, earlier._refused
            earlier._hand_over()
        self._worker: Worker = Worker(self.sender, self._queue, timeout=route.timeout, after=after, rest=self._rest)

    def resume(self) -> None:
        """Deliver the alerts of the queue that came before this lane: of another lane, or of an earlier process."""
        if len(self._queue) or self._rest:
            self._worker.start()

    @property
    def has_ended(self) -> bool:
        """True after the end of the thread, or of the lane before its first alert."""
        return self._closed and not self._worker.is_running

    @property
    def has_thread(self) -> bool:
        return self._worker.has_started

    def continues(self, before: Lane) -> bool:
        """Return whether this lane has taken over the queue of ``before``, or its alerts."""
        return before._queue is self._queue or before._queue is self._rest

    @property
    def dropped(self) -> int:
        """Alerts that were lost because the queue was full, or at the end."""
        return self._refused + self._queue.dropped + self._worker.lost_at_end

    def put(self, alerts: Sequence[Any]) -> None:
        """Queue alerts; count alerts that do not fit."""
        if self._closed or self._worker.inherited:
            self._refused += len(alerts)
            return
        self._worker.start()
        refused = self._queue.put(alerts, self._may_wait)
        if refused and not self._refused:
            text = f"{self.sender.name}: the queue is full; alerts are dropped and counted"
            self.sender.complain(OutputError("E804", text))
        self._refused += refused

    def update(self, route: Route) -> None:
        """Use other settings of the same output."""
        self.route = route
        self._worker.timeout = route.timeout
        self._queue.resize(route.capacity, route.spool.limit if route.spool is not None else 0)

    def reopen(self) -> None:
        """Open the file or program of the output again."""
        if not self._worker.inherited:
            self._worker.reopen()

    def request_end(self) -> None:
        """Accept no more alerts, deliver those in the queue, and close the output; do not wait for it."""
        if not self._worker.inherited:
            self._closed = True
            self._worker.request_end()

    def close(self, deadline: float) -> None:
        """Wait for the end until ``deadline``; count what remains in memory as lost."""
        if not self._worker.inherited:
            self._closed = True
            self._worker.close(deadline)

    def stats(self) -> OutputStats:
        """Return the counters."""
        return OutputStats(
            delivered=self.sender.counters.delivered,
            failed=self.sender.counters.failed,
            retried=self.sender.counters.retried,
            queued=max(0, self._queue.queued - self._worker.lost_at_end),
            dropped=self.dropped,
            spooled=self._queue.spooled,
        )

    def _hand_over(self) -> None:
        self._closed = True
        self._worker.stop()

    def _may_wait(self) -> bool:
        return self._waits and not self.sender.failing and not self.sender.gone


def _spool_queue(folder: str, limit: int, route: Route, complain: Callable[[OutputError], None]) -> AlertQueue:
    from tiercel.outputs.spool import Spool, spool_file  # imports sqlite3
    from tiercel.outputs.spool_queue import SpoolQueue

    return SpoolQueue(Spool(spool_file(folder, route.name), limit), route.capacity, complain)
