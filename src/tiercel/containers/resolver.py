# SPDX-License-Identifier: Apache-2.0
"""Metadata resolver: the thread between the process table and the container engines.

Requests go down: the thread passes those of the table to the lookup machine, and those of the machine to the engines.
Responses and events come up: the threads of the engines post them to the resolver's inbox, this thread passes them to
the machine and writes the effects to the table. No other thread changes the machine or writes metadata of engines.

The thread does not block: engines have threads of their own (:mod:`tiercel.containers.engines.worker`), and so have
lookups of users (:mod:`tiercel.containers.user_lookups`). All states of a lookup are those of
:mod:`tiercel.containers.lookup_machine`.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import os
import select
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Final

from tiercel.containers.engines.discovery import make_engine, owner_of, sockets
from tiercel.containers.engines.interface import Answer, EngineEvent, EngineId
from tiercel.containers.engines.static import has_no_engine, known_by_settings
from tiercel.containers.engines.worker import EngineWorker
from tiercel.containers.identity import may_have
from tiercel.containers.interfaces import LookupRequest, Pods, Table
from tiercel.containers.lookup_machine import Announce, Effect, LookupMachine, MarkMissing, RequestEngine, Write
from tiercel.containers.metadata import ContainerInfo
from tiercel.containers.settings import EngineSettings
from tiercel.containers.stats import MetadataStats
from tiercel.containers.unknown_notices import UnknownNotices
from tiercel.containers.user_lookups import UserLookups
from tiercel.escaping import visible
from tiercel.notice import Notice

__all__ = ["MetadataResolver"]

_LOG: Final = logging.getLogger("tiercel.containers")
_SOCKET_SCAN_PERIOD: Final = 2.0  # seconds between two scans for new sockets
_JOIN: Final = 1.0  # seconds to wait for the end of a thread
_BREATH: Final = 0.1  # seconds after an internal error, so that a repeated one does not use up a CPU


class MetadataResolver:
    """Resolver of container metadata for one process table.

    Args:
        table: source of the requests, and destination of the results.
        settings: engines and their sockets.
        wait: seconds that events wait for results.
        notify: takes notices for the user; called by any thread, and must not block.
        concerns: whether the user gets a notice if a container is unknown.
        pods: service for metadata of pods, if there is one.
    """

    def __init__(
        self,
        table: Table,
        settings: EngineSettings,
        *,
        wait: float,
        notify: Callable[[Notice], object],
        concerns: Callable[[LookupRequest], bool] = lambda _: True,
        pods: Pods | None = None,
    ) -> None:
        self._table = table
        self._settings = settings
        self._notify = notify
        self._concerns = concerns
        self._pods = pods
        self._lock = threading.Lock()  # for the members that other threads use: all up to the workers
        self._closed = False
        self._wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._inbox: list[Callable[[], object]] = []
        self._timers: list[tuple[float, int, Callable[[], object]]] = []
        self._numbers = itertools.count()
        self._machine = LookupMachine(wait)
        self._workers: dict[EngineId, EngineWorker] = {}
        self._unknown = UnknownNotices(notify)
        self._users = UserLookups(table, self.schedule)
        self._thread = threading.Thread(target=self._run, name="tiercel-containers", daemon=True)

    def start(self) -> None:
        """Scan for engines and start the thread."""
        self._requests = self._table.lookup_requests_fd()
        self._scan_sockets()
        self._thread.start()

    def close(self) -> None:
        """Stop the threads; abandon pending calls."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            workers = list(self._workers.values())
        os.eventfd_write(self._wake, 1)
        self._users.close()
        for worker in workers:
            worker.close()
        if self._thread.ident is not None:  # it did not start if memory or threads ran out
            self._thread.join(_JOIN)
        for worker in workers:
            worker.join(_JOIN)
        if not self._thread.is_alive():
            os.close(self._wake)

    def stats(self) -> MetadataStats:
        """Return the counters, without those of the API server."""
        with self._lock:
            unknown = self._machine.unanswered()
            workers = list(self._workers.values())
        there = unknown.intersection(self._table.containers()) if unknown else unknown
        return MetadataStats(len(there), tuple(worker.stats() for worker in workers))

    # --- Called by other threads: the inbox and the timers ------------------------------------------------------------

    def on_up(self, worker: EngineWorker) -> None:
        self._post(partial(self._take_up, worker.id))

    def on_engine_event(self, worker: EngineWorker, event: EngineEvent) -> None:
        self._post(partial(self._take_event, worker, event))

    def notify(self, notice: Notice) -> None:
        self._notify(notice)

    def schedule(self, delay: float, call: Callable[[], object]) -> None:
        due = time.monotonic() + delay
        with self._lock:
            if self._closed:
                return
            is_first = not self._timers or due < self._timers[0][0]
            heapq.heappush(self._timers, (due, next(self._numbers), call))
            if is_first:
                os.eventfd_write(self._wake, 1)

    def _post(self, call: Callable[[], object]) -> None:
        """Have the resolver's thread make a call."""
        with self._lock:
            if self._closed:
                return
            self._inbox.append(call)
            if len(self._inbox) == 1:
                os.eventfd_write(self._wake, 1)

    # --- The thread ---------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        poller = select.poll()
        for fd in (self._requests, self._wake):
            poller.register(fd, select.POLLIN)
        while not self._closed:
            ready = {fd for fd, _ in poller.poll(self._time_left() * 1000)}
            if self._wake in ready:
                os.eventfd_read(self._wake)
            if self._requests in ready:
                self._guarded(self._take_requests)
            for call in self._take_calls():
                if not self._closed:
                    self._guarded(call)
            self._guarded(self._step, self._machine.advance, time.monotonic(), self._up())

    def _guarded(self, call: Callable[..., object], *args: object) -> None:
        """Make a call; an internal error must not prevent the next one."""
        try:
            call(*args)
        except Exception:  # noqa: BLE001
            _LOG.exception("the resolver of container metadata failed")
            time.sleep(_BREATH)

    def _time_left(self) -> float:
        with self._lock:
            if self._inbox:
                return 0.0
            due = [timer[0] for timer in self._timers[:1]]
        lookup_due = self._machine.next_due()
        due += [lookup_due] if lookup_due is not None else []
        return max(0.0, min(due) - time.monotonic()) if due else _SOCKET_SCAN_PERIOD

    def _take_calls(self) -> list[Callable[[], object]]:
        """Take the posted calls and the due timers; later calls come after requests of the table and lookup timers."""
        now = time.monotonic()
        with self._lock:
            calls, self._inbox = self._inbox, []
            while self._timers and self._timers[0][0] <= now:
                calls.append(heapq.heappop(self._timers)[2])
        return calls

    def _scan_sockets(self) -> None:
        for rank, name, path in sockets(self._settings) if self._settings.static is None else ():
            if any((one.name, one.path) == (name, path) for one in self._workers):
                continue
            identity = EngineId(name, path, rank, owner_of(path))
            worker = EngineWorker(identity, partial(make_engine, name, path, self._settings), self)
            with self._lock:
                self._workers[identity] = worker
            worker.start()
        self.schedule(_SOCKET_SCAN_PERIOD, self._scan_sockets)

    def _up(self) -> list[EngineId]:
        return [identity for identity, worker in self._workers.items() if not worker.down]

    # --- Inputs of the machine ----------------------------------------------------------------------------------------

    def _take_requests(self) -> None:
        for request in self._table.take_lookup_requests():
            self._guarded(self._take_request, request)

    def _take_request(self, request: LookupRequest) -> None:
        short, matcher, cgroup, _, _, part = request
        if part == "pod":
            if self._pods is not None:
                self._pods.request(short, cgroup)
                info = self._machine.metadata(short)
                if info is not None:
                    self._pods.set_labels(short, info.labels)
        elif part == "names":
            self._users.request(request)
        elif (known := known_by_settings(short, matcher, self._settings)) is not None:
            self._write(short, known)
        elif has_no_engine(matcher):
            self._table.container_missing(short)
        else:
            self._step(self._machine.request, time.monotonic(), request, self._up())

    def _take_response(self, call: RequestEngine, answer: Answer) -> None:
        self._step(self._machine.response, time.monotonic(), call.short, call.entry, call.engine, answer)

    def _take_event(self, worker: EngineWorker, event: EngineEvent) -> None:
        try:
            self._step(self._machine.engine_event, worker.id, event)
        finally:
            worker.event_taken()

    def _take_up(self, engine: EngineId) -> None:
        self._step(self._machine.engine_up, engine, frozenset(self._table.containers()))

    def _step(self, take: Callable[..., list[Effect]], *args: object) -> None:
        with self._lock:
            effects = take(*args)
        for effect in effects:
            self._guarded(self._carry_out, effect)

    # --- Effects ------------------------------------------------------------------------------------------------------

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case RequestEngine():
                self._request(effect)
            case Write(short, info):
                self._write(short, info)
            case Announce(short, info):
                self._table.announce_container(short, info.values())
            case MarkMissing(request, is_unknown):
                if not self._table.container_missing(request[0]):
                    with self._lock:
                        self._machine.gone(request[0])
                elif is_unknown and self._concerns(request):
                    fitting = [worker for identity, worker in self._workers.items() if may_have(identity, request)]
                    self._unknown.report(request, fitting)

    def _request(self, call: RequestEngine) -> None:
        def post(answer: Answer) -> None:
            self._post(partial(self._take_response, call, answer))

        self._workers[call.engine].request(call.whole, post)

    def _write(self, short: str, info: ContainerInfo) -> None:
        if info.dropped_fields:
            names = visible(", ".join(sorted(info.dropped_fields)))
            _LOG.warning("of container %s there is too much to keep: %s", short, names)
        try:
            there = self._table.set_container(short, info.values())
        except ValueError:  # more than the table keeps of one container
            _LOG.warning("container %s has too many details: they are missing", short)
            self._table.container_missing(short)
            return
        if there and self._pods is not None:
            self._pods.set_labels(short, info.labels)
