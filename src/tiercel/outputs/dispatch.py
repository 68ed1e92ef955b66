# SPDX-License-Identifier: Apache-2.0
"""Dispatcher of alerts to all outputs, each with its own thread, queue and counters."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from tiercel.errors import OutputError
from tiercel.outputs.base import Output, Printable
from tiercel.outputs.lane import Lane
from tiercel.outputs.route import Route, numbered
from tiercel.outputs.worker import OutputStats

__all__ = ["Delivery", "Prepared"]

_GRACE: Final = 4.5  # seconds that all outputs together have at the end


class Prepared:
    """Routes whose new outputs are open; :meth:`Delivery.switch` or :meth:`discard` takes them."""

    def __init__(self, routes: Sequence[Route], opened: Mapping[str, Output]) -> None:
        self.routes = routes
        self.opened = opened

    def discard(self) -> None:
        """Close the new outputs."""
        for output in self.opened.values():
            output.close()


class Delivery:
    """Delivery of each alert to all outputs.  A failed or slow output does not affect the others.

    Each output has a thread and a bounded queue. A single local output (a stream or a file) works in the thread of the
    caller instead, so that the alert is written before :meth:`send` returns.
    """

    def __init__(
        self, outputs: Sequence[Output | Route], on_failure: Callable[[OutputError], None], *, waits: bool = False
    ) -> None:
        """Open the outputs and deliver to them.

        Args:
            outputs: the outputs; all of them are closed by :meth:`close`.
            on_failure: called with errors, at most one per minute, output and code, in any thread.
            waits: :meth:`send` waits for room in the queue of an output that works; otherwise it never waits, and the
                alerts that do not fit are counted as dropped.
        """
        self._on_failure = on_failure
        self._waits = waits
        self._lanes: tuple[Lane, ...] = ()
        self._ending: tuple[Lane, ...] = ()  # removed outputs that deliver the rest of their queues
        self._inline: Lane | None = None
        self._failures_before = 0
        self._use(self.prepare(outputs))

    @property
    def delivered(self) -> int:
        """Deliveries of alerts, summed over the outputs in use."""
        return sum(lane.sender.counters.delivered for lane in self._lanes)

    @property
    def failures(self) -> int:
        """Lost deliveries of alerts, summed over all outputs since the start: failed ones, and those of full queues."""
        return self._failures_before + sum(_failures(lane) for lane in (*self._lanes, *self._ending))

    @property
    def reader_gone(self) -> bool:
        """True if every output has lost its reader, so that no alert can be delivered any more."""
        return bool(self._lanes) and all(lane.sender.gone for lane in self._lanes)

    def prepare(self, outputs: Sequence[Output | Route]) -> Prepared:
        """Open the outputs that are not in use yet, or not with these settings; any thread may call this.

        Raises:
            TiercelError: an output cannot be opened; those before it are closed.
        """
        routes = numbered([route if isinstance(route, Route) else Route.of(route) for route in outputs])
        used = {lane.route.name: lane for lane in self._lanes}
        prepared = Prepared(routes, opened := {})
        try:
            for route in routes:
                if route.name not in used or not used[route.name].route.is_same(route):
                    opened[route.name] = route.make()
        except BaseException:
            prepared.discard()
            raise
        return prepared

    def switch(self, prepared: Prepared) -> None:
        """Deliver later alerts to other outputs; return at once.

        An unchanged output keeps its thread and its queue. A changed one of the same name takes over the queue, after
        the last call of the one before. A removed output delivers the rest of its queue.
        """
        self._use(prepared)
        self.resume()

    def resume(self) -> None:
        """Deliver the alerts of earlier runs in spools; otherwise the first alert starts their delivery."""
        for lane in self._lanes:
            lane.resume()

    def send(self, alerts: Iterable[Printable]) -> None:
        """Send each alert to each output."""
        if self._inline is not None:
            sender = self._inline.sender
            for alert in alerts:
                finished, _ = sender.send((alert,))
                sender.counters.failed += not finished  # there is no retry in the thread of the caller
            return
        batch = tuple(alerts)
        if batch:
            for lane in self._lanes:
                lane.put(batch)

    def reopen(self) -> None:
        """Open the files and programs of all outputs again; an output that fails keeps the old file."""
        for lane in self._lanes:
            lane.reopen()

    def stats(self) -> Mapping[str, OutputStats]:
        """Return the counters of each output in use by its name; any thread may call this."""
        return {lane.route.name: lane.stats() for lane in self._lanes}

    def close(self) -> None:
        """Deliver the queued alerts within 5 seconds, and close the outputs; repeated calls have no effect.

        Alerts that remain in memory are counted as dropped; those in spools stay there. An output that fails gets one
        more attempt, so that a receiver that is away delays nothing.
        """
        deadline = time.monotonic() + _GRACE
        for lane in (*self._lanes, *self._ending):
            lane.request_end()
        for lane in (*self._lanes, *self._ending):
            lane.close(deadline)

    def _use(self, prepared: Prepared) -> None:
        before = {lane.route.name: lane for lane in self._lanes}
        lanes: list[Lane] = []
        for route in prepared.routes:
            output = prepared.opened.get(route.name)
            if output is None:
                lane = before.pop(route.name)
                lane.update(route)
            else:
                earlier = before.get(route.name)
                lane = Lane(route, output, self._on_failure, waits=self._waits, before=earlier)
                if earlier is not None and lane.continues(earlier):
                    del before[route.name]
            lanes.append(lane)
        for lane in before.values():
            lane.request_end()
        self._end((*self._ending, *before.values()))
        self._lanes = tuple(lanes)
        only = lanes[0] if len(lanes) == 1 else None
        self._inline = only if only is not None and only.is_local and not only.has_thread else None

    def _end(self, lanes: Iterable[Lane]) -> None:
        """Wait later for lanes that still deliver; add up the losses of the others."""
        ending = []
        for lane in lanes:
            if lane.has_ended:
                lane.close(0.0)
                self._failures_before += _failures(lane)
            else:
                ending.append(lane)
        self._ending = tuple(ending)


def _failures(lane: Lane) -> int:
    return lane.sender.counters.failed + lane.dropped
