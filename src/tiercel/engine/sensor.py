# SPDX-License-Identifier: Apache-2.0
"""Live sensor: evaluation of rules against the live kernel, alerts as Python objects."""

from __future__ import annotations

import logging
import math
import os
import secrets
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import ExitStack, suppress
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Final

from tiercel._core.state.process_table import ProcessTable
from tiercel.alerts.alert import Alert, Style, hostname
from tiercel.alerts.layout import make_layouts
from tiercel.capture.triggered import Capturing, capture_rules
from tiercel.compiler import PathMatching
from tiercel.config.capture_settings import CaptureSettings
from tiercel.config.container_settings import ContainerSettings
from tiercel.config.self_check_settings import SelfChecks
from tiercel.containers.stats import MetadataStats
from tiercel.engine.alert_reader import AlertReader
from tiercel.engine.arguments import Overflow, RuleMatching, check_choice, check_matching, check_rules
from tiercel.engine.callbacks import Dispatcher, check_callback, check_notice_callback, is_async, not_awaited
from tiercel.engine.canary import Canary
from tiercel.engine.detail_stats import DetailStats
from tiercel.engine.fork_guard import Locks
from tiercel.engine.internal_alerts import internal_alert
from tiercel.engine.metadata import MetadataSession
from tiercel.engine.notice_stream import NoticeStream
from tiercel.engine.own_rules import OwnRules, own_rules
from tiercel.engine.program_build import lowered, needed_details
from tiercel.engine.recording import Recording
from tiercel.engine.rule_generations import Generations, Intake
from tiercel.engine.ruleset import Ruleset
from tiercel.engine.stats import Stats
from tiercel.engine.stats_collection import Counts, stats_of
from tiercel.errors import SensorError, UsageError
from tiercel.notice import Notice
from tiercel.sources.live import SyscallSource
from tiercel.sources.scope import Scope

if TYPE_CHECKING:
    from tiercel.engine.async_callbacks import Block

__all__ = ["Sensor"]

_LOG: Final = logging.getLogger("tiercel.sensor")
MAX_SNAPLEN: Final = 65_000
_TICK: Final = 1.0  # seconds between two checks of the counters

Callback = Callable[[Alert], object] | Callable[[Alert], Awaitable[object]]


class Sensor(AlertReader):
    """Live sensor: evaluates a set of rules on the events of the kernel.

    Three ways to get the alerts: iterate (``for``, ``async for``, :meth:`batches`), poll :meth:`fileno` and
    :meth:`read`, or pass ``on_alert``. Events are read and evaluated by a thread that never runs Python: only alerts
    reach the interpreter. Losses are counted in :meth:`stats`, and reported in :attr:`notices`, which are no alerts.

    A sensor may be started again after a stop, several may run in one process, and any thread may stop it. The child of
    a fork cannot use the parent's sensor (E605), but can make one. ``tiercel doctor`` names the necessary privileges.
    """

    def __init__(
        self,
        rules: Ruleset,
        *,
        scope: Scope = Scope.all(),  # noqa: B008 - immutable
        on_alert: Callback | None = None,
        on_notice: Callable[[Notice], object] | None = None,
        internal_alerts: bool = False,
        path_matching: PathMatching = "both",
        rule_matching: RuleMatching = "first",
        overflow: Overflow = "drop_oldest",
        queue_capacity: int = 65536,
        ring_bytes: int = 8 << 20,
        snaplen: int = 80,
        style: Style = Style(),  # noqa: B008 - immutable
        captures: CaptureSettings | None = None,
        containers: ContainerSettings = ContainerSettings(),  # noqa: B008 - immutable
        self_checks: SelfChecks = SelfChecks(),  # noqa: B008 - immutable
    ) -> None:
        """Prepare a sensor; nothing is loaded into the kernel before it starts.

        Args:
            rules: rules to evaluate.
            scope: processes to watch; by default the whole machine. The kernel enforces it.
            on_alert: called with each alert: by :meth:`run`, or, inside ``with`` and after :meth:`start`, by a thread.
                A coroutine function is awaited by a task of the loop, inside ``async with`` only. An ``Exception`` that
                it raises is logged and counted. Any other exception, as ``SystemExit``, stops the sensor and is raised
                by :meth:`run`, :meth:`stop`, iterations, and the end of the block; the task inside ``async with`` is
                cancelled for it.
            on_notice: called with each notice, by the thread that takes alerts. Without it, notices go to the logger
                ``tiercel.notices``. An ``Exception`` that it raises is logged and counted.
            internal_alerts: deliver notices also as alerts of the source ``internal`` (:attr:`Alert.is_internal`), as
                Falco does.
            path_matching: compare both the requested path and the resolved path (``both``), or one of them.
                ``requested`` is Falco's behaviour.
            rule_matching: if several rules match an event, the ``first`` alerts, or ``all``.
            overflow: policy for a full alert queue: drop the oldest or the newest alerts, or ``block`` the evaluation,
                so that events are lost in the kernel instead. Losses are counted.
            queue_capacity: maximum number of queued alerts; together they have at most 16 MiB.
            ring_bytes: kernel buffer for file and network events of every two CPUs, at most four times as much in all;
                rounded up to a power of two.
            snaplen: maximum number of payload bytes of reads, writes, sends and receives in an event, 0 to 65,000; a
                record has room for some 24,000.
            style: format of alerts.
            captures: let rules with ``capture: true`` write captures; None: the key has no effect. The sensor then
                watches all events that a capture needs, independently of the rules.
            containers: settings of container metadata.
            self_checks: settings of the checks of the sensor on itself.

        Raises:
            UsageError: E607, an argument has a wrong value.
        """
        check_rules(rules)
        check_matching(path_matching, rule_matching)
        check_choice("overflow", overflow, Overflow)
        check_callback(on_alert)
        check_notice_callback(on_notice)
        if queue_capacity < 1 or ring_bytes < 1:
            raise UsageError("E607", "queue_capacity and ring_bytes are at least 1")
        self._rules = rules
        self._scope = scope
        self._on_alert = on_alert
        self._path_matching: PathMatching = path_matching
        self._first_only = rule_matching == "first"
        self._overflow = overflow
        self._queue_capacity = queue_capacity
        if not 0 <= snaplen <= MAX_SNAPLEN:
            raise UsageError("E607", f"snaplen is 0 to {MAX_SNAPLEN} bytes, not {snaplen}")
        self._ring_bytes = ring_bytes
        self._snaplen = snaplen
        self._style = style
        self._hostname = hostname()
        self._locks = Locks()
        self._source: SyscallSource | None = None
        self._intake: Intake | None = None
        self._callback_errors = Counts(_LOG)
        self._notice_errors = Counts(_LOG, "on_notice")
        self._stream = NoticeStream(on_notice, self._notice_errors, self._tick, lambda: self.running)
        self._pending: deque[Notice] = deque(maxlen=1000)
        self._as_alert: Callable[[Notice], Alert] | None = None
        if internal_alerts:
            self._as_alert = lambda notice: internal_alert(notice, self._style, self._hostname)
        self._dispatcher: Dispatcher | None = None
        self._block: Block | None = None
        self._recordings: set[Recording] = set()
        self._captures = captures
        self._containers = containers
        self._self_checks = self_checks
        self._canary: Canary | None = None
        self._capturing: Capturing | None = None
        self._metadata: MetadataSession | None = None

    # --- Start and stop -----------------------------------------------------------------------------------------------

    @property
    def running(self) -> bool:
        """True between start and stop."""
        source = self._source
        return source is not None and not source.closed and not source.forked

    def start(self) -> None:
        """Load the probe into the kernel and start watching.  Takes about a third of a second.

        Raises:
            KernelError: E4xx, the kernel refuses an operation or lacks a feature; ``hint`` contains a remedy.
            SensorError: E605, the sensor runs already.
            UsageError: E607, ``on_alert`` is a coroutine function, which only ``async with`` can await.
        """
        self._refuse_coroutines()
        source = self._begin()
        if self._on_alert is not None:
            self._dispatcher = self._dispatcher_of(source, partial(self._end, source))
            self._dispatcher.start()

    def _refuse_coroutines(self) -> None:
        if is_async(self._on_alert):
            raise not_awaited(self._on_alert)

    def _begin(self) -> SyscallSource:
        self._refuse_child()
        with self._locks.life:
            if self.running:
                raise SensorError("E605", "the sensor is running already")
            if self._dispatcher is not None and not self._dispatcher.is_done:
                raise SensorError("E605", "a call of on_alert has not returned since the sensor was stopped")
            compiled = self._rules.compile(self._path_matching)
            program, required = lowered(compiled)
            table = ProcessTable()
            checks = self._self_checks
            token = secrets.randbelow((1 << 32) - 1) + 1 if checks.canary_ms else 0
            own = own_rules(token) if token else OwnRules(None, ())
            metadata = MetadataSession(table, self._containers, self._scope, self._pending.append)
            with ExitStack() as undo:
                undo.callback(metadata.close)
                metadata.need(needed_details(compiled))
                source = SyscallSource(
                    program,
                    required,
                    self._scope,
                    first_only=self._first_only,
                    queue_capacity=self._queue_capacity,
                    overflow=self._overflow,
                    ring_bytes=self._ring_bytes,
                    snaplen=self._snaplen,
                    captures=capture_rules(compiled.rules),
                    skips_uncertain=self._containers.unknown == "skip",
                    table=table,
                    canary=token,
                    own_rules=own.program,
                )
                undo.callback(source.close)
                if self._captures is not None:
                    metadata.keep()
                    self._capturing = Capturing(source, self._captures, self._pending.append)
                undo.pop_all()
            self._metadata = metadata
            layouts = make_layouts(compiled, self._style)
            generations = Generations(source, layouts, self._hostname, own.layouts)
            self._canary = Canary(checks.canary_ms / 1000, source.send_canary) if checks.canary_ms else None
            self._intake = Intake(
                source, generations, self._stream, self._pending, self.stats, self._as_alert, self._canary
            )
            self._callback_errors = Counts(_LOG)
            self._dispatcher = None
            self._source = source
            return source

    def stop(self, timeout: float | None = None) -> None:
        """Stop watching; earlier events are still evaluated, and their alerts can be taken.

        Iterations deliver the queued alerts and end. The call waits until a thread has passed these alerts to
        ``on_alert``; the end of ``async with`` waits for its task instead. Without effect if the sensor does not run.
        A call from ``on_alert``, or from a signal handler during another call, does not wait.

        Args:
            timeout: time limit in seconds for the delivery of all alerts. None: no limit while calls of ``on_alert``
                return; a call that takes longer than 60 seconds ends the wait. The end of ``with`` does the same.

        Raises:
            SensorError: E620, ``on_alert`` does not return. The sensor has stopped anyway; :meth:`read` returns the
                remaining alerts.
            BaseException: the exception of ``on_alert`` that ended the sensor.
        """
        source, dispatcher = self._source, self._dispatcher
        if source is None or source.forked or self._locks.stopper == threading.get_ident():
            return
        self._end(source)
        if dispatcher is not None and not dispatcher.is_current and not dispatcher.is_awaited:
            dispatcher.wait(timeout)
            self._dispatcher = None
            dispatcher.raise_failure()

    def _end(self, source: SyscallSource) -> None:
        """Stop watching, without waiting for the callback; a second caller waits for the first."""
        if source.forked or self._locks.stopper == threading.get_ident():
            return
        with self._locks.ending, ExitStack() as parts:
            self._locks.stopper = threading.get_ident()
            parts.callback(setattr, self._locks, "stopper", None)
            if source is self._source:
                if self._capturing is not None:
                    parts.callback(self._capturing.close)
                    self._capturing = None
                for recording in tuple(self._recordings):
                    parts.callback(recording.end)
                if self._metadata is not None:
                    parts.callback(self._metadata.close)
            parts.callback(source.close)

    def __enter__(self) -> Sensor:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.stop()
        except BaseException as more:
            if error is None:
                raise
            _LOG.error("the sensor ended with another error than its block", exc_info=more)

    async def __aenter__(self) -> Sensor:
        from tiercel.engine.async_callbacks import Block  # imports asyncio

        source = self._begin()
        self._block = Block(partial(self._end, source))
        if self._on_alert is not None:
            self._dispatcher = self._dispatcher_of(source, self._block.fail)
            self._dispatcher.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._block is not None
        await self._block.leave(self._dispatcher, error)
        self._dispatcher = None

    def _dispatcher_of(self, source: SyscallSource, end: Callable[[], None]) -> Dispatcher:
        assert self._on_alert is not None
        take = partial(self._next, source)
        if is_async(self._on_alert):
            from tiercel.engine.async_callbacks import TaskDispatcher

            return TaskDispatcher(self._on_alert, take, end, self._callback_errors, source.fileno())
        return Dispatcher(self._on_alert, take, end, self._callback_errors)

    def run(self, duration: float | None = None) -> Stats:
        """Watch, and pass each alert to ``on_alert``, for ``duration`` seconds or until :meth:`stop`.

        Starts the sensor, and stops it at the end or after Ctrl-C. Inside ``with`` it only waits.

        Returns:
            The counters at the end.

        Raises:
            UsageError: E607, ``on_alert`` is missing, or is a coroutine function.
            BaseException: the exception of ``on_alert`` that ended the sensor.
        """
        if self._on_alert is None:
            raise UsageError(
                "E607", "the sensor has no on_alert to run", hint="give one to Sensor(), or iterate over it"
            )
        self._refuse_coroutines()
        deadline = math.inf if duration is None else time.monotonic() + duration
        if (dispatcher := self._dispatcher) is not None:
            while not dispatcher.is_done and self.running and (left := deadline - time.monotonic()) > 0:
                dispatcher.join(min(left, _TICK))
            dispatcher.raise_failure()
            return self.stats()
        source = self._begin()
        dispatcher = self._dispatcher_of(source, partial(self._end, source))
        try:
            with suppress(KeyboardInterrupt):  # the caller gets the counters, and all alerts are delivered
                dispatcher.work(deadline, lambda: source.closed)
        finally:
            self._end(source)
        dispatcher.work(deadline, lambda: source.closed)
        return self.stats()

    # --- Rules, recordings and counters -------------------------------------------------------------------------------

    def swap_rules(self, rules: Ruleset, style: Style | None = None) -> None:
        """Replace the rules between two events; the process table is kept.

        Args:
            rules: rules to evaluate from now on.
            style: format of their alerts, if it is another one.

        Raises:
            KernelError: E4xx, events that only the new rules need could not be loaded; the old rules stay in use.
        """
        check_rules(rules)
        self._refuse_child()
        with self._locks.life:
            compiled = rules.compile(self._path_matching)
            source, style = self._source, style or self._style
            if source is not None and not source.closed:
                generations, generation = self._intake_of().generations, source.generation + 1
                generations.add(generation, make_layouts(compiled, style))
                assert self._metadata is not None
                before, now = needed_details(self._rules.compile(self._path_matching)), needed_details(compiled)
                self._metadata.need(before | now)
                try:
                    source.swap(*lowered(compiled), capture_rules(compiled.rules))
                finally:
                    self._metadata.need(now if source.generation == generation else before)
                    if source.generation != generation:
                        generations.remove(generation)
                generations.forget()
            self._rules, self._style = rules, style

    def record(
        self,
        path: str | os.PathLike[str],
        *,
        condition: str | None = None,
        max_bytes: int | None = None,
        rotate: int | None = None,
        buffer_bytes: int = 32 << 20,
    ) -> Recording:
        """Write a capture of the events in the scope from now on, independently of the rules.

        >>> with sensor.record("out.scap", condition="evt.type = openat"):      # doctest: +SKIP
        ...     time.sleep(60)

        :func:`tiercel.replay`, :func:`tiercel.open_capture`, Falco and sysdig can read the file. It begins with the
        current processes of the scope and their open files.

        Args:
            path: of the file, which is emptied if it exists; compressed by gzip if its name ends in ``.gz``.
            condition: condition of the events to record, as in a rule. Other events that a reader needs to follow
                processes and files are also written, marked so that no rule sees them. By default all events of the
                probe, except ``switch`` and ``page_fault``.
            max_bytes: the recording ends when the file has this size, at least 65,536.
            rotate: continue in another file instead, and keep this number of files. Each is complete; their names get
                a number: ``out.1.scap``. Files are a little longer than ``max_bytes`` during bursts of events.
            buffer_bytes: memory for events before they are written. Events that do not fit are lost, and counted.

        Returns:
            The recording: a context manager that ends it, with ``stop()`` and ``stats()``. It also ends with the
            sensor.

        Raises:
            SensorError: E605, the sensor does not run.
            RulesError: the condition has an error.
            SourceError: E710, the file cannot be written. A later write error is raised by ``stop()``.
            KernelError: E4xx, an event could not be loaded.
        """
        source = self._opened()
        assert self._metadata is not None
        recording = Recording(
            source,
            path,
            condition=condition,
            max_bytes=max_bytes,
            rotate=rotate,
            buffer_bytes=buffer_bytes,
            keep_metadata=self._metadata.keep,
            on_end=self._recordings.discard,
        )
        if recording.running:
            self._recordings.add(recording)
        return recording

    def notify(self, notice: Notice) -> None:
        """Add a notice of the program around the sensor to :attr:`notices`; any thread may call this."""
        self._pending.append(notice)

    def stats(self) -> Stats:
        """Return the counters since the start; after :meth:`stop`, the final ones."""
        if self._source is None:
            return Stats()
        self._refuse_child()
        parts, matches = self._intake_of().generations.stats()
        metadata = self._metadata.stats() if self._metadata is not None else MetadataStats()
        errors = self._callback_errors.total + self._notice_errors.total
        canary = self._canary.stats() if self._canary is not None else None
        return stats_of(parts, matches, errors, metadata, canary)

    def detail_stats(self) -> DetailStats:
        """Return counters by CPU, by program of the probe, and by rule; empty unless the sensor runs."""
        if self._source is None:
            return DetailStats()
        self._refuse_child()
        return self._intake_of().generations.details()

    @property
    def is_blind(self) -> bool:
        """True while nothing is evaluated: test events do not arrive (:class:`SelfChecks`), or :attr:`is_stuck`."""
        return self.is_stuck or (self._canary is not None and self._canary.stats().is_missing)

    @property
    def is_stuck(self) -> bool:
        """True while the thread that reads the events does not run.

        A stuck thread cannot be ended or replaced: :meth:`stop` would wait for it. A program reports this, and ends by
        ``os._exit`` with a status that its supervisor restarts, as ``tiercel run`` does.
        """
        return self._intake is not None and self._intake.drain.is_stuck
