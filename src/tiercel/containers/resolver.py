# SPDX-License-Identifier: Apache-2.0
"""Metadata resolver: the thread between the process table and the container engines.

It does not block: engines have their own threads (:mod:`tiercel.containers.engines.worker`), and so have lookups of
users in containers. A request goes to all engines in parallel. The first engine that has the container wins, unless an
engine that precedes it in the order of engines responds soon after. The states of a lookup are drawn in
:mod:`tiercel.containers.pending_lookup`.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import os
import re
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
from tiercel.containers.interfaces import LookupRequest, Pods, Table
from tiercel.containers.metadata import MAX_TEXT, ContainerInfo, short_id
from tiercel.containers.pending_lookup import PendingLookup, is_random
from tiercel.containers.settings import EngineSettings, host_root
from tiercel.containers.stats import MetadataStats
from tiercel.containers.user_files import host_proc, read_inside
from tiercel.containers.util.bounded_dict import BoundedDict
from tiercel.containers.util.worker_pool import WorkerPool
from tiercel.escaping import visible
from tiercel.frozen import replace
from tiercel.notice import Notice
from tiercel.rules import Priority

__all__ = ["MetadataResolver"]

_LOG: Final = logging.getLogger("tiercel.containers")
_SOCKET_SCAN_PERIOD: Final = 2.0  # seconds between two scans for new sockets
_PATIENCE: Final = 0.2  # seconds that a result waits for engines that precede its engine in the order
# Seconds that metadata from before the start of a container waits for a new result: docker returns no response about a
# container while it starts.
_START: Final = 0.4
_MAX_CACHED: Final = 1024
_MAX_UNKNOWN: Final = 4096
_MAX_LOOKUPS: Final = 8192
_USERS_MAX_TEXT: Final = 16 << 10  # of MAX_TEXT, for a rootless engine: it may report any number of containers
_READERS: Final = 4  # threads that read files of containers, for each of system and rootless engines
_OF_USERS: Final = re.compile(r"/user-\d+\.slice/")
_MAX_READS: Final = 4096
# Seconds until the next attempt for a process that does not have the container's files yet.
_READ_PAUSES: Final = (0.005, 0.02, 0.08, 0.4, 2.0)
_GONE_PAUSE: Final = 0.1  # seconds until the next process is requested, so that many exits at once do not use up a CPU
_JOIN: Final = 1.0  # seconds to wait for the end of a thread
_BREATH: Final = 0.1  # seconds after an internal error, so that a repeated one does not use up a CPU
_UNKNOWN_PERIOD: Final = 600.0  # seconds between two notices about unknown containers


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
        self._wait = wait
        self._notify = notify
        self._concerns = concerns
        self._pods = pods
        self._lock = threading.RLock()
        self._closed = False
        self._wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._timers: list[tuple[float, int, Callable[[], object]]] = []
        self._numbers = itertools.count()
        self._workers: dict[str, EngineWorker] = {}
        self._lookups: dict[str, PendingLookup] = {}
        self._unknown: BoundedDict[PendingLookup] = BoundedDict(_MAX_UNKNOWN)
        self._cache: BoundedDict[tuple[EngineWorker | None, ContainerInfo]] = BoundedDict(_MAX_CACHED)
        self._proc = host_proc(host_root())
        # A user can give a container a file system that never responds; only rootless containers may wait for that.
        self._reads = WorkerPool("tiercel-users", _READERS, _MAX_READS)
        self._reads_of_users = WorkerPool("tiercel-users", _READERS, _MAX_READS)
        self._unstarted: BoundedDict[None] = BoundedDict(_MAX_CACHED)  # cached metadata is from before the start
        self._quiet_until: dict[str, float] = {}
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
        self._reads.close()
        self._reads_of_users.close()
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
            unknown = set(self._unknown)
            workers = list(self._workers.values())
        there = unknown.intersection(self._table.containers()) if unknown else unknown
        return MetadataStats(len(there), tuple(worker.stats() for worker in workers))

    # --- The thread ---------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        poller = select.poll()
        for fd in (self._requests, self._wake):
            poller.register(fd, select.POLLIN)
        while not self._closed:
            ready = {fd for fd, _ in poller.poll(self._time_left() * 1000)}
            try:
                if self._wake in ready:
                    os.eventfd_read(self._wake)
                if self._requests in ready:
                    for request in self._table.take_lookup_requests():
                        self._take(request)
                self._run_timers()
            except Exception:  # noqa: BLE001 - the next request must be answered
                _LOG.exception("answering questions about containers failed")
                time.sleep(_BREATH)

    def schedule(self, delay: float, call: Callable[[], object]) -> None:
        due = time.monotonic() + delay
        with self._lock:
            if self._closed:
                return
            is_first = not self._timers or due < self._timers[0][0]
            heapq.heappush(self._timers, (due, next(self._numbers), call))
            if is_first:
                os.eventfd_write(self._wake, 1)

    def _time_left(self) -> float:
        with self._lock:
            return max(0.0, self._timers[0][0] - time.monotonic()) if self._timers else _SOCKET_SCAN_PERIOD

    def _run_timers(self) -> None:
        while True:
            with self._lock:
                if not self._timers or self._timers[0][0] > time.monotonic():
                    return
                call = heapq.heappop(self._timers)[2]
            call()

    # --- Engines ------------------------------------------------------------------------------------------------------

    def _scan_sockets(self) -> None:
        for rank, name, path in sockets(self._settings) if self._settings.static is None else ():
            key = f"{name} {path}"
            if key in self._workers:
                continue
            make = partial(make_engine, name, path, self._settings)
            with self._lock:
                worker = EngineWorker(EngineId(name, path, rank, owner_of(path)), make, self)
                self._workers[key] = worker
            worker.start()
        self.schedule(_SOCKET_SCAN_PERIOD, self._scan_sockets)

    def notify(self, notice: Notice) -> None:
        self._notify(notice)

    def on_up(self, worker: EngineWorker) -> None:
        there = set(self._table.containers())
        with self._lock:
            for short in [short for short in self._unknown if short not in there]:
                del self._unknown[short]
            for lookup in self._unknown.values():
                if lookup.fits(worker):
                    self._lookups.setdefault(lookup.short, lookup)
            more = [one for one in self._lookups.values() if one.fits(worker) and worker not in one.pending]
            for lookup in more:
                lookup.pending.add(worker)
        for lookup in more:
            worker.request(lookup.whole, partial(self._answered, lookup, worker))

    def on_engine_event(self, worker: EngineWorker, event: EngineEvent) -> None:
        kind, whole, info = event.kind, event.container, event.info
        short = short_id(whole)
        with self._lock:
            reported_by = self._cache.get(short, (None,))[0]
            lookup = self._lookups.get(short)
            is_owners = reported_by is worker or (lookup is not None and lookup.fits(worker))
            if worker.id.owner is not None and not is_owners:
                return  # only a control group proves the owner of a container
            if kind == "removed":
                # A request may still follow: podman sends the events of a quarter of a second in one batch.
                if not is_random(whole):
                    self._cache.pop(short, None)
                self._unknown.pop(short, None)
                return
            if info is not None and lookup is not None and lookup.best is None:
                lookup.best = worker, info
                self._table.announce_container(short, info.values())
            elif info is not None and lookup is None and reported_by is None:
                self._cache.put(short, (worker, info))
                self._unstarted.put(short, None)
        worker.request(whole, partial(self._on_prefetched, worker, short, kind == "created"))

    # --- Users of containers ------------------------------------------------------------------------------------------

    def _read(self, reads: WorkerPool, short: str, tgid: int, start_ns: int, pauses: tuple[float, ...]) -> None:
        if self._proc is None or not reads.put(partial(self._read_names, reads, short, tgid, start_ns, pauses)):
            self._table.names_missing(short)

    def _read_names(self, reads: WorkerPool, short: str, tgid: int, start_ns: int, pauses: tuple[float, ...]) -> None:
        assert self._proc is not None
        try:
            names = read_inside(tgid, start_ns, self._proc)
        except OSError:  # the process is gone; the table may have another one
            self.schedule(_GONE_PAUSE, lambda: self._table.names_missing(short))
            return
        if names is not None:
            self._table.set_names(short, *names)
        elif pauses:
            self.schedule(pauses[0], lambda: self._read(reads, short, tgid, start_ns, pauses[1:]))
        else:
            self._table.names_missing(short)

    # --- Requests and responses ---------------------------------------------------------------------------------------

    def _take(self, request: LookupRequest) -> None:
        short, matcher, cgroup, tgid, start_ns, part = request
        if part == "pod":
            if self._pods is not None:
                self._pods.request(short, cgroup)
                _, info = self._cache.get(short) or (None, None)
                if info is not None:
                    self._pods.set_labels(short, info.labels)
            return
        if part == "names":
            reads = self._reads_of_users if _OF_USERS.search(cgroup) else self._reads
            self._read(reads, short, tgid, start_ns, _READ_PAUSES)
            return
        known = known_by_settings(short, matcher, self._settings)
        if known is not None:
            self._settle(short, None, known)
        elif has_no_engine(matcher):
            self._table.container_missing(short)
        else:
            with self._lock:
                self._request_engines(request)

    def _request_engines(self, request: LookupRequest) -> None:
        short = request[0]
        lookup, (worker, info) = self._lookups.get(short), self._cache.get(short, (None, None))
        if lookup is not None:
            if lookup.best is not None and lookup.best[1].is_partial:
                self._table.announce_container(short, lookup.best[1].values())
        elif worker is not None and info is not None and (info.is_partial or short in self._unstarted):
            self._repeat(PendingLookup(request, self._wait), worker, info)
        elif info is not None:
            self._settle(short, worker, info)
        elif len(self._lookups) < _MAX_LOOKUPS:
            lookup = self._lookups[short] = PendingLookup(request, self._wait)
            self._start(lookup)
        else:
            self._table.container_missing(short)

    def _repeat(self, lookup: PendingLookup, worker: EngineWorker, info: ContainerInfo) -> None:
        """Request the engine that reported a container before its start, as the container has an address by now.

        A whole result is used after ``_START``; partial metadata lacks the details.
        """
        self._unstarted.pop(lookup.short, None)
        lookup.best = worker, info
        lookup.pending = {worker}
        self._lookups[lookup.short] = lookup
        if info.is_partial:
            self._table.announce_container(lookup.short, info.values())
        else:
            self.schedule(min(_START, 0.8 * self._wait), lambda: self._settle_best(lookup))
        worker.request(lookup.whole, partial(self._answered, lookup, worker))

    def _start(self, lookup: PendingLookup) -> None:
        """Request all engines that fit; without one, suspend the lookup."""
        with self._lock:
            if self._closed or self._lookups.get(lookup.short) is not lookup:
                return
            workers = [worker for worker in self._workers.values() if not worker.down and lookup.fits(worker)]
            lookup.pending = set(workers)
        for worker in workers:
            worker.request(lookup.whole, partial(self._answered, lookup, worker))
        if not workers:
            self._give_up(lookup)

    def _answered(self, lookup: PendingLookup, worker: EngineWorker, answer: Answer) -> None:
        with self._lock:
            if self._lookups.get(lookup.short) is not lookup:
                if isinstance(answer, ContainerInfo) and self._cache.get(lookup.short, (None,))[0] is worker:
                    self._settle(lookup.short, worker, answer)  # late, but newer than the cached metadata
                return
            lookup.take(worker, answer)
            if lookup.is_settled():
                self._settle_best(lookup)
            elif not lookup.pending:
                self._retry(lookup)
            elif lookup.best is not None and not lookup.best[1].is_partial:
                self.schedule(min(_PATIENCE, 0.5 * self._wait), lambda: self._settle_best(lookup))

    def _retry(self, lookup: PendingLookup) -> None:
        delay, is_late = lookup.next_delay()
        if delay is None:
            self._give_up(lookup)
        elif not is_late or self._miss(lookup):
            self.schedule(delay, lambda: self._start(lookup))

    def _settle_best(self, lookup: PendingLookup) -> None:
        with self._lock:
            if lookup.best is not None and self._lookups.get(lookup.short) is lookup:
                self._settle(lookup.short, *lookup.best)

    def _settle(self, short: str, worker: EngineWorker | None, info: ContainerInfo) -> None:
        info = info.truncated(MAX_TEXT if worker is None or worker.id.owner is None else _USERS_MAX_TEXT)
        if info.dropped_fields:
            names = visible(", ".join(sorted(info.dropped_fields)))
            _LOG.warning("of container %s there is too much to keep: %s", short, names)
        with self._lock:
            self._lookups.pop(short, None)
            self._unknown.pop(short, None)
            before = self._cache.get(short)
            if before is not None and not info.ip:  # the container has ended; keep its last address
                info = replace(info, ip=before[1].ip)
            self._cache.put(short, (worker, info))
        try:
            there = self._table.set_container(short, info.values())
        except ValueError:  # more than the table keeps of one container
            _LOG.warning("container %s has too many details: they are missing", short)
            self._table.container_missing(short)
            return
        if there and self._pods is not None:
            self._pods.set_labels(short, info.labels)

    def _on_prefetched(self, worker: EngineWorker, short: str, is_new: bool, answer: Answer) -> None:
        """Handle the result of a request that an engine event caused."""
        if not isinstance(answer, ContainerInfo):
            return
        with self._lock:
            self._unstarted.pop(short, None)
            if is_new and not answer.ip:
                self._unstarted.put(short, None)
        lookup = self._lookups.get(short)
        if lookup is not None:
            self._answered(lookup, worker, answer)
        else:
            self._settle(short, worker, answer)

    def _give_up(self, lookup: PendingLookup) -> None:
        """Suspend the lookup until an engine is up again or reports an event of the container."""
        with self._lock:
            if self._miss(lookup):
                self._lookups.pop(lookup.short, None)
                self._unknown.put(lookup.short, lookup)

    def _miss(self, lookup: PendingLookup) -> bool:
        """Release waiting events; if the container is gone, drop the lookup and return False."""
        lookup.use_slow_backoff()
        if self._table.container_missing(lookup.short):
            if lookup.best is None and self._concerns(lookup.request):
                self._report_unknown(lookup)
            return True
        with self._lock:
            self._lookups.pop(lookup.short, None)
            self._unknown.pop(lookup.short, None)
        return False

    def _report_unknown(self, lookup: PendingLookup) -> None:
        with self._lock:
            fitting = [worker for worker in self._workers.values() if lookup.fits(worker)]
        asked = sorted({worker.id.name for worker in fitting if not worker.down})
        hint = next((worker.hint for worker in fitting if worker.hint), "")
        if asked and not hint:
            _LOG.info("container %s is not known to %s", lookup.short, " or ".join(asked))
            return
        if not asked and any(worker.was_there for worker in fitting):
            return  # there is a warning about that outage
        hint = hint or _HINTS.get(lookup.matcher, _HINT)
        now = time.monotonic()
        with self._lock:
            if now < self._quiet_until.get(hint, 0.0):
                return
            self._quiet_until[hint] = now + _UNKNOWN_PERIOD
        fields = {"container.id": lookup.short, "engines": ",".join(asked)}
        who = f"is not known to {' or '.join(asked)}" if asked else "has no engine that could be queried"
        text = f"container {lookup.short} {who}: its details are missing ({hint})"
        self._notify(Notice("container unknown", Priority.WARNING, text, fields))


_HINT: Final = "no socket of a container engine was found; container_engines.<engine>.sockets names others"
_HINTS: Final = {"podman": "podman's service does not run: systemctl enable --now podman.socket"}
