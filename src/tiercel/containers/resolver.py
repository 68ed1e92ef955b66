# SPDX-License-Identifier: Apache-2.0
"""The thread that takes the process table's questions about containers to those who know, and answers back.

It does not block: engines have threads of their own (:mod:`tiercel.containers.engines.worker`), and so have lookups of
users in containers. A request goes to all engines at once. The first engine that has the container wins, unless an
engine before it in the order of engines answers soon after.
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
from tiercel.containers.engines.interface import Change
from tiercel.containers.engines.static import has_no_engine, known_by_settings
from tiercel.containers.engines.worker import Answer, EngineWorker, Notice
from tiercel.containers.interfaces import Ask, Pods, Table
from tiercel.containers.metadata import MOST_TEXT, Info, short_id
from tiercel.containers.pending_lookup import Question, is_random
from tiercel.containers.settings import EngineSettings, host_root
from tiercel.containers.stats import AskingStats
from tiercel.containers.user_files import host_proc, read_inside
from tiercel.containers.util.bounded_dict import Limited
from tiercel.containers.util.worker_pool import Jobs
from tiercel.escaping import visible
from tiercel.frozen import replace
from tiercel.rules import Priority

__all__ = ["Watcher"]

_LOG: Final = logging.getLogger("tiercel.containers")
_LOOK_EVERY: Final = 2.0  # seconds between two looks for sockets that were not there
_PATIENCE: Final = 0.2  # seconds that one engine's answer waits for engines before it in the order
# Seconds that what an engine answered about a container when it was made waits for what it answers now: docker answers
# nothing about a container as long as it is being started.
_START: Final = 0.4
_MOST_CACHED: Final = 1024
_MOST_UNKNOWN: Final = 4096
_MOST_OPEN: Final = 8192
_USERS_MOST_TEXT: Final = 16 << 10  # of MOST_TEXT, for a user's own engine: it may tell of as many as he likes
_READERS: Final = 4  # threads that read files of containers, for those of the machine and those of its users
_OF_USERS: Final = re.compile(r"/user-\d+\.slice/")
_MOST_READS: Final = 4096
# Seconds after which a process is looked at again that does not have the container's files yet.
_READ_PAUSES: Final = (0.005, 0.02, 0.08, 0.4, 2.0)
_GONE_PAUSE: Final = 0.1  # seconds until the next one is asked for, so that many that end at once take no processor
_JOIN: Final = 1.0  # seconds that a thread has to end
_BREATH: Final = 0.1  # seconds after a mistake of ours, so that one which comes again and again takes no processor
_TELL_EVERY: Final = 600.0  # seconds between two notices about containers that nobody knows


class Watcher:
    """Finds out what the engines know of containers, for one process table.

    Args:
        table: whose questions are answered.
        settings: which engines are asked.
        wait: seconds that events wait for answers.
        tell: takes what a user should know; called by any thread, and must not wait.
        concerns: whether a user wants to know that a container is not known.
        pods: who knows about pods, if anybody.
    """

    def __init__(
        self,
        table: Table,
        settings: EngineSettings,
        *,
        wait: float,
        tell: Callable[[Notice], object],
        concerns: Callable[[Ask], bool] = lambda _: True,
        pods: Pods | None = None,
    ) -> None:
        self._table = table
        self._settings = settings
        self._wait = wait
        self._tell = tell
        self._concerns = concerns
        self._pods = pods
        self._lock = threading.RLock()
        self._closed = False
        self._wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._timers: list[tuple[float, int, Callable[[], object]]] = []
        self._numbers = itertools.count()
        self._workers: dict[str, EngineWorker] = {}
        self._questions: dict[str, Question] = {}
        self._unknown: Limited[Question] = Limited(_MOST_UNKNOWN)
        self._cache: Limited[tuple[EngineWorker | None, Info]] = Limited(_MOST_CACHED)
        self._proc = host_proc(host_root())
        # A user can give his containers a file system of his own, that never answers: only he and his like shall wait.
        self._reads = Jobs("tiercel-users", _READERS, _MOST_READS)
        self._reads_of_users = Jobs("tiercel-users", _READERS, _MOST_READS)
        self._unstarted: Limited[None] = Limited(_MOST_CACHED)  # in the cache as they were when they were made
        self._quiet_until: dict[str, float] = {}
        self._thread = threading.Thread(target=self._run, name="tiercel-containers", daemon=True)

    def start(self) -> None:
        """Look for engines, and begin to answer."""
        self._asks = self._table.asks_fd()
        self._look_for_sockets()
        self._thread.start()

    def close(self) -> None:
        """Answer no more.  Calls that engines have not answered are given up."""
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
        if self._thread.ident is not None:  # it did not start where memory or threads ran out
            self._thread.join(_JOIN)
        for worker in workers:
            worker.join(_JOIN)
        if not self._thread.is_alive():
            os.close(self._wake)

    def stats(self) -> AskingStats:
        """Return the counters; nothing is known of the API server."""
        with self._lock:
            unknown = set(self._unknown)
            workers = list(self._workers.values())
        there = unknown.intersection(self._table.containers()) if unknown else unknown
        return AskingStats(len(there), tuple(worker.stats() for worker in workers))

    # --- The thread ---------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        poller = select.poll()
        for fd in (self._asks, self._wake):
            poller.register(fd, select.POLLIN)
        while not self._closed:
            ready = {fd for fd, _ in poller.poll(self._time_left() * 1000)}
            try:
                if self._wake in ready:
                    os.eventfd_read(self._wake)
                if self._asks in ready:
                    for ask in self._table.take_asks():
                        self._take(ask)
                self._call_what_is_due()
            except Exception:  # noqa: BLE001 - whatever it is, the next question must be answered
                _LOG.exception("answering questions about containers failed")
                time.sleep(_BREATH)

    def later(self, delay: float, call: Callable[[], object]) -> None:
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
            return max(0.0, self._timers[0][0] - time.monotonic()) if self._timers else _LOOK_EVERY

    def _call_what_is_due(self) -> None:
        while True:
            with self._lock:
                if not self._timers or self._timers[0][0] > time.monotonic():
                    return
                call = heapq.heappop(self._timers)[2]
            call()

    # --- Engines ------------------------------------------------------------------------------------------------------

    def _look_for_sockets(self) -> None:
        for rank, name, path in sockets(self._settings) if self._settings.static is None else ():
            key = f"{name} {path}"
            if key in self._workers:
                continue
            make = partial(make_engine, name, path, self._settings)
            with self._lock:
                worker = self._workers[key] = EngineWorker(name, path, rank, owner_of(path), make, self)
            worker.start()
        self.later(_LOOK_EVERY, self._look_for_sockets)

    def tell(self, notice: Notice) -> None:
        self._tell(notice)

    def rose(self, worker: EngineWorker) -> None:
        there = set(self._table.containers())
        with self._lock:
            for short in [short for short in self._unknown if short not in there]:
                del self._unknown[short]
            for question in self._unknown.values():
                if question.fits(worker):
                    self._questions.setdefault(question.short, question)
            more = [one for one in self._questions.values() if one.fits(worker) and worker not in one.pending]
            for question in more:
                question.pending.add(worker)
        for question in more:
            worker.ask(question.whole, partial(self._answered, question, worker))

    def changed(self, worker: EngineWorker, change: Change) -> None:
        kind, whole = change
        short = short_id(whole)
        with self._lock:
            told_by = self._cache.get(short, (None,))[0]
            question = self._questions.get(short)
            is_his = told_by is worker or (question is not None and question.fits(worker))
            if worker.owner is not None and not is_his:
                return  # whose container it is, its control group must tell
            if kind == "removed":
                # The table may ask only now: podman tells of what happens in a quarter of a second all at once.
                if not is_random(whole):
                    self._cache.pop(short, None)
                self._unknown.pop(short, None)
                return
            announced = worker.announced(whole)
            if announced is not None and question is not None and question.best is None:
                question.best = worker, announced
                self._table.announce_container(short, announced.values())
            elif announced is not None and question is None and told_by is None:
                self._cache.put(short, (worker, announced))
                self._unstarted.put(short, None)
        worker.ask(whole, partial(self._foretold, worker, short, kind == "created"))

    # --- Users of containers ------------------------------------------------------------------------------------------

    def _read(self, reads: Jobs, short: str, tgid: int, start_ns: int, pauses: tuple[float, ...]) -> None:
        if self._proc is None or not reads.put(partial(self._read_names, reads, short, tgid, start_ns, pauses)):
            self._table.names_missing(short)

    def _read_names(self, reads: Jobs, short: str, tgid: int, start_ns: int, pauses: tuple[float, ...]) -> None:
        assert self._proc is not None
        try:
            names = read_inside(tgid, start_ns, self._proc)
        except OSError:  # the process is gone; the table may know another one
            self.later(_GONE_PAUSE, lambda: self._table.names_missing(short))
            return
        if names is not None:
            self._table.set_names(short, *names)
        elif pauses:
            self.later(pauses[0], lambda: self._read(reads, short, tgid, start_ns, pauses[1:]))
        else:
            self._table.names_missing(short)

    # --- Questions and answers ----------------------------------------------------------------------------------------

    def _take(self, ask: Ask) -> None:
        short, matcher, cgroup, tgid, start_ns, wants = ask
        if wants == "pod":
            if self._pods is not None:
                self._pods.ask(short, cgroup)
                _, info = self._cache.get(short) or (None, None)
                if info is not None:
                    self._pods.tell(short, info.labels)
            return
        if wants == "names":
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
                self._take_to_engines(ask)

    def _take_to_engines(self, ask: Ask) -> None:
        short = ask[0]
        question, (worker, info) = self._questions.get(short), self._cache.get(short, (None, None))
        if question is not None:
            if question.best is not None and question.best[1].is_partial:
                self._table.announce_container(short, question.best[1].values())
        elif worker is not None and info is not None and (info.is_partial or short in self._unstarted):
            self._ask_once_more(Question(ask, self._wait), worker, info)
        elif info is not None:
            self._settle(short, worker, info)
        elif len(self._questions) < _MOST_OPEN:
            question = self._questions[short] = Question(ask, self._wait)
            self._ask(question)
        else:
            self._table.container_missing(short)

    def _ask_once_more(self, question: Question, worker: EngineWorker, info: Info) -> None:
        """Ask who told of a container when it was made: since then it has been given an address, for one thing.

        If that was an answer, it will do after a while; an announcement leaves details open.
        """
        self._unstarted.pop(question.short, None)
        question.best = worker, info
        question.pending = {worker}
        self._questions[question.short] = question
        if info.is_partial:
            self._table.announce_container(question.short, info.values())
        else:
            self.later(min(_START, 0.8 * self._wait), lambda: self._settle_best(question))
        worker.ask(question.whole, partial(self._answered, question, worker))

    def _ask(self, question: Question) -> None:
        """Ask all engines that may know; give the question up for now if there is none."""
        with self._lock:
            if self._closed or self._questions.get(question.short) is not question:
                return
            workers = [worker for worker in self._workers.values() if not worker.down and question.fits(worker)]
            question.pending = set(workers)
        for worker in workers:
            worker.ask(question.whole, partial(self._answered, question, worker))
        if not workers:
            self._give_up(question)

    def _answered(self, question: Question, worker: EngineWorker, answer: Answer) -> None:
        with self._lock:
            if self._questions.get(question.short) is not question:
                if isinstance(answer, Info) and self._cache.get(question.short, (None,))[0] is worker:
                    self._settle(question.short, worker, answer)  # late, but more than what had to do
                return
            question.take(worker, answer)
            if question.is_settled():
                self._settle_best(question)
            elif not question.pending:
                self._ask_again(question)
            elif question.best is not None and not question.best[1].is_partial:
                self.later(min(_PATIENCE, 0.5 * self._wait), lambda: self._settle_best(question))

    def _ask_again(self, question: Question) -> None:
        pause, is_late = question.pause()
        if pause is None:
            self._give_up(question)
        elif not is_late or self._miss(question):
            self.later(pause, lambda: self._ask(question))

    def _settle_best(self, question: Question) -> None:
        with self._lock:
            if question.best is not None and self._questions.get(question.short) is question:
                self._settle(question.short, *question.best)

    def _settle(self, short: str, worker: EngineWorker | None, info: Info) -> None:
        info = info.bounded(MOST_TEXT if worker is None or worker.owner is None else _USERS_MOST_TEXT)
        if info.left_out:
            names = visible(", ".join(sorted(info.left_out)))
            _LOG.warning("of container %s there is too much to keep: %s", short, names)
        with self._lock:
            self._questions.pop(short, None)
            self._unknown.pop(short, None)
            before = self._cache.get(short)
            if before is not None and not info.ip:  # it has ended, and had one
                info = replace(info, ip=before[1].ip)
            self._cache.put(short, (worker, info))
        try:
            there = self._table.set_container(short, info.values())
        except ValueError:  # more than a table keeps of one container
            _LOG.warning("container %s has too many details: they are missing", short)
            self._table.container_missing(short)
            return
        if there and self._pods is not None:
            self._pods.tell(short, info.labels)

    def _foretold(self, worker: EngineWorker, short: str, is_new: bool, answer: Answer) -> None:
        """Take what an engine knows of a container about which it said itself that something happened."""
        if not isinstance(answer, Info):
            return
        with self._lock:
            self._unstarted.pop(short, None)
            if is_new and not answer.ip:
                self._unstarted.put(short, None)
        question = self._questions.get(short)
        if question is not None:
            self._answered(question, worker, answer)
        else:
            self._settle(short, worker, answer)

    def _give_up(self, question: Question) -> None:
        """Ask nobody for now: when an engine is there again, or says something of the container, it is asked."""
        with self._lock:
            if self._miss(question):
                self._questions.pop(question.short, None)
                self._unknown.put(question.short, question)

    def _miss(self, question: Question) -> bool:
        """Have events wait no longer; forget the question, and return False, if the container is gone."""
        question.hurry_no_more()
        if self._table.container_missing(question.short):
            if question.best is None and self._concerns(question.ask):
                self._say_unknown(question)
            return True
        with self._lock:
            self._questions.pop(question.short, None)
            self._unknown.pop(question.short, None)
        return False

    def _say_unknown(self, question: Question) -> None:
        with self._lock:
            fitting = [worker for worker in self._workers.values() if question.fits(worker)]
        asked = sorted({worker.name for worker in fitting if not worker.down})
        hint = next((worker.hint for worker in fitting if worker.hint), "")
        if asked and not hint:
            _LOG.info("container %s is not known to %s", question.short, " or ".join(asked))
            return
        if not asked and any(worker.was_there for worker in fitting):
            return  # of that outage there is a warning
        hint = hint or _HINTS.get(question.matcher, _HINT)
        now = time.monotonic()
        with self._lock:
            if now < self._quiet_until.get(hint, 0.0):
                return
            self._quiet_until[hint] = now + _TELL_EVERY
        fields = {"container.id": question.short, "engines": ",".join(asked)}
        who = f"is not known to {' or '.join(asked)}" if asked else "has no engine that could be asked"
        text = f"container {question.short} {who}: its details are missing ({hint})"
        self._tell(("container unknown", Priority.WARNING, text, fields))


_HINT: Final = "no socket of a container engine was found; container_engines.<engine>.sockets names others"
_HINTS: Final = {"podman": "podman's service does not run: systemctl enable --now podman.socket"}
