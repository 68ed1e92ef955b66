# SPDX-License-Identifier: Apache-2.0
"""The sensor: rules against the live kernel, alerts as Python objects."""

from __future__ import annotations

import logging
import math
import os
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
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
from tiercel.containers.stats import MetadataStats
from tiercel.engine.arguments import Overflow, RuleMatching, check_choice, check_matching, check_rules
from tiercel.engine.callbacks import Dispatcher, check_callback, is_async, not_awaited
from tiercel.engine.fork_guard import Locks
from tiercel.engine.internal_alerts import Notices
from tiercel.engine.metadata import MetadataSession
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
_BATCH: Final = 1024
MAX_SNAPLEN: Final = 65_000
_TICK: Final = 1.0  # seconds between two looks at the counters

Callback = Callable[[Alert], object] | Callable[[Alert], Awaitable[object]]


class Sensor:
    """Live sensor: evaluates a set of rules on the events of the kernel.

    Three ways to get the alerts: iterate (``for``, ``async for``, :meth:`batches`), poll :meth:`fileno` and
    :meth:`read`, or give ``on_alert``. Events are read and evaluated by a thread that never runs Python: only alerts
    reach the interpreter. Losses are counted in :meth:`stats`, and reported as alerts of the source ``internal``:
    act on alerts only if not :attr:`Alert.is_internal`.

    A sensor may be started again after a stop, several may run in one process, and any thread may stop it. The child of
    a fork cannot use the parent's (E605), but can make its own. ``tiercel doctor`` names the necessary privileges.
    """

    def __init__(
        self,
        rules: Ruleset,
        *,
        scope: Scope = Scope.all(),  # noqa: B008 - immutable
        on_alert: Callback | None = None,
        path_matching: PathMatching = "both",
        rule_matching: RuleMatching = "first",
        overflow: Overflow = "drop_oldest",
        queue_capacity: int = 65536,
        ring_bytes: int = 8 << 20,
        snaplen: int = 80,
        style: Style = Style(),  # noqa: B008 - immutable
        captures: CaptureSettings | None = None,
        containers: ContainerSettings = ContainerSettings(),  # noqa: B008 - immutable
    ) -> None:
        """Prepare a sensor; nothing is loaded into the kernel before it starts.

        Args:
            rules: rules to evaluate.
            scope: processes to watch; by default the whole machine. The kernel enforces it.
            on_alert: called with each alert: by :meth:`run`, or, inside ``with`` and after :meth:`start`, by a thread.
                A coroutine function is awaited by a task of the loop, inside ``async with`` and nowhere else. An
                ``Exception`` that it raises is logged and counted. Any other, as ``SystemExit``, stops the sensor and
                is raised where that is waited for: by :meth:`run`, :meth:`stop`, iterations, and the end of the block;
                the task inside ``async with`` is cancelled for it.
            path_matching: a path is compared as the program asked for it and as the kernel resolved it (``both``), or
                as one of them. ``requested`` is what Falco does.
            rule_matching: if several rules match an event, the ``first`` alerts, or ``all``.
            overflow: what happens when alerts come faster than they are taken: the oldest or the newest are lost, or
                evaluation waits (``block``), and events are lost in the kernel instead. Losses are counted.
            queue_capacity: alerts that may wait to be taken, as long as they have no more than 16 MiB together.
            ring_bytes: kernel buffer for file and network events of every two CPUs, at most four times as much in all;
                rounded up to a power of two.
            snaplen: most bytes of what is read, written, sent or received that an event carries, 0 to 65,000; a record
                holds some 24,000.
            style: how alerts are written.
            captures: have rules with ``capture: true`` write captures; None: the key changes nothing. The sensor then
                watches everything that a capture needs, whatever the rules are about.
            containers: settings of container metadata.

        Raises:
            UsageError: E607, an argument has a wrong value.
        """
        check_rules(rules)
        check_matching(path_matching, rule_matching)
        check_choice("overflow", overflow, Overflow)
        check_callback(on_alert)
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
        self._dispatcher: Dispatcher | None = None
        self._block: Block | None = None
        self._recordings: set[Recording] = set()
        self._captures = captures
        self._containers = containers
        self._capturing: Capturing | None = None
        self._metadata: MetadataSession | None = None

    # --- Life ---------------------------------------------------------------------------------------------------------

    @property
    def running(self) -> bool:
        """Whether the sensor watches now."""
        source = self._source
        return source is not None and not source.closed and not source.forked

    def start(self) -> None:
        """Load the probe into the kernel and begin to watch.  Takes about a third of a second.

        Raises:
            KernelError: E4xx, the kernel refuses or lacks something; ``hint`` says what to change.
            SensorError: E605, it runs already.
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
            told: deque[Notice] = deque()
            metadata = MetadataSession(table, self._containers, self._scope, told.append)
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
                    skips_unsure=self._containers.unknown == "skip",
                    table=table,
                )
                undo.callback(source.close)
                if self._captures is not None:
                    metadata.keep()
                    self._capturing = Capturing(source, self._captures, told.append)
                undo.pop_all()
            self._metadata = metadata
            generations = Generations(source, make_layouts(compiled, self._style), self._hostname)
            self._intake = Intake(source, generations, Notices(self._style, self._hostname), told, self.stats)
            self._callback_errors = Counts(_LOG)
            self._dispatcher = None
            self._source = source
            return source

    def stop(self, timeout: float | None = None) -> None:
        """Stop watching; what happened before is still evaluated, and its alerts can be taken.

        Ends iterations once they have delivered what waits, and waits until a thread has given it to ``on_alert``. A
        task inside ``async with`` is waited for at the end of the block instead. Nothing happens if the sensor does not
        run. Where the call comes from ``on_alert`` or from a handler of a signal during another one, it does not wait.

        Args:
            timeout: seconds that the thread may take to deliver all alerts. None: as long as calls of ``on_alert``
                return; one that does not for 60 seconds is waited for no longer. The end of ``with`` does the same.

        Raises:
            SensorError: E620, ``on_alert`` does not return. The sensor has stopped all the same; :meth:`read` returns
                the alerts that are left.
            BaseException: what ``on_alert`` raised, if it has ended the sensor.
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
        """Watch, and give each alert to ``on_alert``, for ``duration`` seconds or until :meth:`stop`.

        Starts the sensor, and stops it at the end; Ctrl-C is an end, too. Inside ``with`` it only waits.

        Returns:
            The counters at the end.

        Raises:
            UsageError: E607, there is no ``on_alert``, or it is a coroutine function.
            BaseException: what ``on_alert`` raised, if it has ended the sensor.
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

    # --- Alerts -------------------------------------------------------------------------------------------------------

    def fileno(self) -> int:
        """Return a descriptor that is readable while alerts wait, and once the sensor has stopped."""
        return self._opened().fileno()

    def read(self, max: int = _BATCH) -> list[Alert]:  # noqa: A002 - the word of the contract
        """Return up to ``max`` alerts that wait, without waiting."""
        return self._intake_of().take(max, 0)

    def batches(self, max: int = _BATCH, timeout: float | None = 0.05) -> Iterator[list[Alert]]:  # noqa: A002
        """Yield lists of up to ``max`` alerts until the sensor is stopped.

        Args:
            max: most alerts in a list.
            timeout: seconds to wait for the first alert of a list; an empty list is yielded when they are over, so that
                the caller can do something else. None waits as long as it takes, and yields no empty list.
        """
        source = self._opened()
        while True:
            ended = source.closed
            alerts = self._intake_of().take(max, timeout)
            if alerts or (timeout is not None and not ended):
                yield alerts
            elif ended or source is not self._source:
                self._raise_failure()
                return

    def __iter__(self) -> Iterator[Alert]:
        """Yield alerts as they come, until the sensor is stopped.  Ctrl-C ends the wait at once."""
        for alerts in self.batches(timeout=None):
            yield from alerts

    async def __aiter__(self) -> AsyncIterator[Alert]:
        """Yield alerts as they come, until the sensor is stopped.  Waits in the event loop, without a thread."""
        from tiercel.engine.aio import Readable  # imports asyncio

        source = self._opened()
        with Readable(source.fileno()) as readable:
            while source is self._source:
                ended = source.closed
                alerts = self._intake_of().take(_BATCH, 0)
                for alert in alerts:
                    yield alert
                if not alerts and ended:
                    self._raise_failure()
                    return
                if not alerts:
                    await readable.wait(_TICK)

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until everything that has happened up to now is evaluated, and its alerts can be taken.

        Returns:
            False if ``timeout`` seconds were over first.
        """
        return self._opened().flush(timeout)

    def swap_rules(self, rules: Ruleset) -> None:
        """Put other rules in use, between two events; nothing that is known of processes is lost.

        Raises:
            KernelError: E4xx, events that only the new rules want could not be loaded; the old rules stay in use.
        """
        check_rules(rules)
        self._refuse_child()
        with self._locks.life:
            compiled = rules.compile(self._path_matching)
            source = self._source
            if source is not None and not source.closed:
                generations, generation = self._intake_of().generations, source.generation + 1
                generations.add(generation, make_layouts(compiled, self._style))
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
            self._rules = rules

    def record(
        self,
        path: str | os.PathLike[str],
        *,
        condition: str | None = None,
        max_bytes: int | None = None,
        rotate: int | None = None,
        buffer_bytes: int = 32 << 20,
    ) -> Recording:
        """Write a capture of what happens in the scope from now on, whatever the rules look for.

        >>> with sensor.record("out.scap", condition="evt.type = openat"):      # doctest: +SKIP
        ...     time.sleep(60)

        The file can be read by :func:`tiercel.replay`, :func:`tiercel.open_capture`, Falco and sysdig. It begins with
        the processes of the scope and their open files, as they are now.

        Args:
            path: of the file, which is emptied if it is there; compressed by gzip if its name ends in ``.gz``.
            condition: which events to record, as in a rule. Others that a reader needs to follow processes and files
                are written besides, marked so that no rule sees them. By default everything the probe knows, except
                ``switch`` and ``page_fault``.
            max_bytes: the recording ends when the file has this size, at least 65,536.
            rotate: go on in another file instead, and keep the last so many of them. Each is complete; their names get
                a number: ``out.1.scap``. Files are a little longer than ``max_bytes`` when many events come at once.
            buffer_bytes: memory for events that wait to be written. What has no room there is lost, and counted.

        Returns:
            The recording: a context manager that ends it, with ``stop()`` and ``stats()``. It also ends with the
            sensor.

        Raises:
            SensorError: E605, the sensor does not run.
            RulesError: the condition is wrong.
            SourceError: E710, the file cannot be written. Later, ``stop()`` raises it.
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
            ask=self._metadata.keep,
            on_end=self._recordings.discard,
        )
        if recording.running:
            self._recordings.add(recording)
        return recording

    def stats(self) -> Stats:
        """Return the counters since the start; after :meth:`stop`, the final ones."""
        if self._source is None:
            return Stats()
        self._refuse_child()
        parts, matches = self._intake_of().generations.stats()
        metadata = self._metadata.stats() if self._metadata is not None else MetadataStats()
        return stats_of(parts, matches, self._callback_errors.total, metadata)

    # --- Inside -------------------------------------------------------------------------------------------------------

    def _raise_failure(self) -> None:
        """Raise what ended the sensor, if it was its callback, for an iteration that ends."""
        if self._dispatcher is not None:
            self._dispatcher.raise_failure()

    def _opened(self) -> SyscallSource:
        if self._source is None:
            raise SensorError("E605", "the sensor is not started", hint="use it as `with Sensor(…) as sensor:`")
        self._refuse_child()
        return self._source

    def _refuse_child(self) -> None:
        """Refuse the child of a fork, before it waits for a lock that a thread of the parent held."""
        if self._source is not None and self._source.forked:
            raise SensorError("E605", "the sensor is the parent process's", hint="make a sensor after the fork")

    def _intake_of(self) -> Intake:
        self._opened()
        assert self._intake is not None
        return self._intake

    def _next(self, source: SyscallSource, timeout: float) -> list[Alert] | None:
        """Take alerts for a callback; None once the sensor has stopped and no alert is left."""
        if source is not self._source:
            return None
        ended = source.closed
        alerts = self._intake_of().take(_BATCH, timeout)
        return alerts or (None if ended else [])
