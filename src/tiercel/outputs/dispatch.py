# SPDX-License-Identifier: Apache-2.0
"""Dispatcher of alerts to all outputs, each with its own thread, queue and counters."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from tiercel.errors import OutputError
from tiercel.frozen import frozen
from tiercel.outputs.base import Output, Printable
from tiercel.outputs.queue import MemoryQueue
from tiercel.outputs.worker import OutputStats, Sender, Worker

__all__ = ["CAPACITY", "Delivery", "Route"]

CAPACITY: Final = 16384
_GRACE: Final = 4.5  # seconds that all outputs together have at the end


@frozen
class Route:
    """One output with the settings of its delivery.

    Attributes:
        name: name in reports and counters.
        capacity: alerts that may wait in memory.
        timeout: seconds after which a delivery is reported as slow.
    """

    output: Output
    name: str
    capacity: int = CAPACITY
    timeout: float = 2.0


class Delivery:
    """Delivery of each alert to all outputs.  A failed or slow output does not affect the others.

    Each output has a thread and a bounded queue. A single local output (a stream or a file) works in the thread of the
    caller instead, so that the alert is written before :meth:`send` returns.
    """

    def __init__(
        self, outputs: Sequence[Output | Route], on_failure: Callable[[OutputError], None], *, waits: bool = False
    ) -> None:
        """Deliver to ``outputs``.

        Args:
            outputs: the outputs; all of them are closed by :meth:`close`.
            on_failure: called with errors, at most one per minute and output, in any thread.
            waits: :meth:`send` waits for room in the queue of an output that works; otherwise it never waits, and the
                alerts that do not fit are counted as dropped.
        """
        routes = [route if isinstance(route, Route) else Route(route, _name(route)) for route in outputs]
        self._inline: Sender | None = None
        self._lanes: list[_Lane] = []
        if len(routes) == 1 and not getattr(routes[0].output, "remote", False):
            self._inline = Sender(routes[0].name, routes[0].output, on_failure)
        else:
            self._lanes = [_Lane(route, on_failure, waits=waits) for route in routes]
        self._senders = [self._inline] if self._inline is not None else [lane.sender for lane in self._lanes]

    @property
    def delivered(self) -> int:
        """Deliveries of alerts, summed over the outputs."""
        return sum(sender.delivered for sender in self._senders)

    @property
    def failures(self) -> int:
        """Lost deliveries of alerts, summed over the outputs: failed ones, and those of full queues."""
        return sum(sender.failed for sender in self._senders) + sum(lane.dropped for lane in self._lanes)

    @property
    def reader_gone(self) -> bool:
        """True if every output has lost its reader, so that no alert can be delivered any more."""
        return bool(self._senders) and all(sender.gone for sender in self._senders)

    def send(self, alerts: Iterable[Printable]) -> None:
        """Send each alert to each output."""
        if self._inline is not None:
            for alert in alerts:
                finished, _ = self._inline.send((alert,))
                self._inline.failed += not finished  # there is no retry in the thread of the caller
            return
        batch = tuple(alerts)
        if batch:
            for lane in self._lanes:
                lane.put(batch)

    def reopen(self) -> None:
        """Open the files and programs of all outputs again; an output that fails keeps the old file."""
        if self._inline is not None:
            self._inline.reopen()
        for lane in self._lanes:
            lane.reopen()

    def stats(self) -> Mapping[str, OutputStats]:
        """Return the counters of each output by its name."""
        if self._inline is not None:
            return {self._inline.name: OutputStats(delivered=self._inline.delivered, failed=self._inline.failed)}
        found: dict[str, OutputStats] = {}
        for lane in self._lanes:
            name, number = lane.sender.name, 1
            while name in found:
                number += 1
                name = f"{lane.sender.name}-{number}"
            found[name] = lane.stats()
        return found

    def close(self) -> None:
        """Deliver the queued alerts within 5 seconds, and close the outputs; repeated calls have no effect.

        Alerts that remain are counted as dropped. An output that fails gets one more attempt, so that a receiver that
        is away delays nothing.
        """
        if self._inline is not None:
            self._inline.output.close()
        deadline = time.monotonic() + _GRACE
        for lane in self._lanes:
            lane.request_end()
        for lane in self._lanes:
            lane.close(deadline)


class _Lane:
    """Queue and thread of one output."""

    def __init__(self, route: Route, on_failure: Callable[[OutputError], None], *, waits: bool) -> None:
        self.sender = Sender(route.name, route.output, on_failure)
        self._queue = MemoryQueue(route.capacity)
        self._worker = Worker(self.sender, self._queue, timeout=route.timeout)
        self._waits = waits
        self._refused = 0
        self._closed = False

    @property
    def dropped(self) -> int:
        return self._refused + self._worker.lost_at_end

    def put(self, alerts: Sequence[Any]) -> None:
        if self._closed or self._worker.inherited:
            self._refused += len(alerts)
            return
        self._worker.start()
        refused = self._queue.put(alerts, self._may_wait)
        if refused and not self._refused:
            text = f"{self.sender.name}: the queue is full; alerts are dropped and counted"
            self.sender.complain(OutputError("E804", text))
        self._refused += refused

    def _may_wait(self) -> bool:
        return self._waits and not self.sender.failing and not self.sender.gone

    def reopen(self) -> None:
        if not self._worker.inherited:
            self._worker.reopen()

    def request_end(self) -> None:
        if not self._worker.inherited:
            self._worker.request_end()

    def close(self, deadline: float) -> None:
        if not self._closed and not self._worker.inherited:
            self._closed = True
            self._worker.close(deadline)

    def stats(self) -> OutputStats:
        return OutputStats(
            delivered=self.sender.delivered,
            failed=self.sender.failed,
            retried=self.sender.retried,
            queued=0 if self._closed else len(self._queue),
            dropped=self.dropped,
        )


def _name(output: Output) -> str:
    """Return the name of an output in reports and counters."""
    return str(getattr(output, "name", "") or type(output).__name__.removesuffix("Output").lower() or "output")
