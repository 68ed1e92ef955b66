# SPDX-License-Identifier: Apache-2.0
"""The sensor: rules against the live kernel, alerts as Python objects."""

from __future__ import annotations

import logging
import math
import os
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from types import TracebackType
from typing import Final, Literal

from tiercel._core.program import RuleProgram
from tiercel._core.threads import ProcessTable
from tiercel.compiler import Compiled, PathMatching
from tiercel.containers.counters import AskingStats
from tiercel.engine.alert import Alert, Layout, Style, hostname
from tiercel.engine.asking import Asking, details_of
from tiercel.engine.capture_settings import CaptureSettings
from tiercel.engine.capturing import Capturing, Notice, capture_rules
from tiercel.engine.container_settings import ContainerSettings
from tiercel.engine.counting import Counts, stats_of
from tiercel.engine.layouts import make_alert, make_layouts
from tiercel.engine.notices import Notices
from tiercel.engine.recording import Recording
from tiercel.engine.resolver import watch
from tiercel.engine.ruleset import Ruleset
from tiercel.engine.stats import Stats
from tiercel.errors import SensorError, UsageError
from tiercel.frozen import replace
from tiercel.schema.names import EVENT_BY_NAME
from tiercel.sources.scope import Scope
from tiercel.sources.syscall import SyscallSource, Wants

__all__ = ["Sensor"]

_LOG: Final = logging.getLogger("tiercel.sensor")
_BATCH: Final = 1024
_TOLD: Final = EVENT_BY_NAME["asyncevent"].code
MOST_SNAPLEN: Final = 65_000
_TICK: Final = 1.0  # seconds between two looks at the counters

Callback = Callable[[Alert], object]
Overflow = Literal["drop_oldest", "drop_newest", "block"]


class Sensor:
    """Watches the live kernel with a set of rules.

    Three ways to get the alerts: iterate (``for``, ``async for``, :meth:`batches`), poll :meth:`fileno` and
    :meth:`read`, or give ``on_alert``. Events are read and evaluated by a thread that never runs Python: only alerts
    reach the interpreter. What is lost on the way is counted in :meth:`stats`, and reported as an alert of the
    source ``internal``.

    A sensor may be started again after it was stopped, several may run in one process, and any thread may stop it. The
    child of a fork cannot use the parent's. Needs the privileges that ``tiercel doctor`` names.
    """

    def __init__(
        self,
        rules: Ruleset,
        *,
        scope: Scope = Scope.all(),  # noqa: B008 - immutable
        on_alert: Callback | None = None,
        path_matching: PathMatching = "both",
        rule_matching: Literal["first", "all"] = "first",
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
            rules: what to look for.
            scope: what to watch; by default the whole machine. The kernel enforces it.
            on_alert: called with each alert: by :meth:`run`, or, inside ``with``, by a thread. An exception that it
                raises is logged and counted.
            path_matching: a path is compared as the program asked for it and as the kernel resolved it (``both``), or
                as one of them. ``requested`` is what Falco does.
            rule_matching: if several rules match an event, the ``first`` alerts, or ``all``.
            overflow: what happens when alerts come faster than they are taken: the oldest or the newest are lost, or
                evaluation waits (``block``), and events are lost in the kernel instead. Losses are counted.
            queue_capacity: alerts that may wait to be taken.
            ring_bytes: kernel buffer for file and network events of every two CPUs, at most four times as much in all;
                rounded up to a power of two.
            snaplen: most bytes of what is read, written, sent or received that an event carries, 0 to 65,000; a record
                holds some 24,000.
            style: how alerts are written.
            captures: have rules with ``capture: true`` write captures; None: the key changes nothing. The sensor then
                watches everything that a capture needs, whatever the rules are about.
            containers: what is asked about containers, and what happens while the answer is not there.
        """
        self._rules = rules
        self._scope = scope
        self._on_alert = on_alert
        self._path_matching: PathMatching = path_matching
        self._first_only = rule_matching == "first"
        self._overflow = overflow
        self._queue_capacity = queue_capacity
        if not 0 <= snaplen <= MOST_SNAPLEN:
            raise UsageError("E607", f"snaplen is 0 to {MOST_SNAPLEN} bytes, not {snaplen}")
        self._ring_bytes = ring_bytes
        self._snaplen = snaplen
        self._style = style
        self._hostname = hostname()
        self._lock = threading.Lock()
        self._source: SyscallSource | None = None
        self._layouts: dict[int, tuple[Layout, ...]] = {}
        self._notices = Notices(style, self._hostname)
        self._next_tick = 0.0
        self._callback_errors = Counts(_LOG)
        self._dispatcher: threading.Thread | None = None
        self._recordings: set[Recording] = set()
        self._captures = captures
        self._containers = containers
        self._capturing: Capturing | None = None
        self._asking: Asking | None = None
        self._told: deque[Notice] = deque()

    # --- Life ---------------------------------------------------------------------------------------------------------

    @property
    def running(self) -> bool:
        """Whether the sensor watches now."""
        return self._source is not None and not self._source.closed

    def start(self) -> None:
        """Load the probe into the kernel and begin to watch.  Takes about a third of a second.

        Raises:
            KernelError: E4xx, the kernel refuses or lacks something; ``hint`` says what to change.
            SensorError: E605, it runs already.
        """
        with self._lock:
            if self.running:
                raise SensorError("E605", "the sensor is running already")
            compiled = self._rules.compile(self._path_matching)
            program, wants = _lowered(compiled)
            table = ProcessTable()
            asking = Asking(table, self._containers, self._scope, self._told.append)
            with ExitStack() as undo:
                undo.callback(asking.close)
                asking.need(_details(compiled))
                source = SyscallSource(
                    program,
                    wants,
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
                    asking.keep()
                    self._capturing = Capturing(source, self._captures, self._told.append)
                undo.pop_all()
            self._asking = asking
            self._layouts = {1: make_layouts(compiled, self._style)}
            self._notices = Notices(self._style, self._hostname)
            self._callback_errors = Counts(_LOG)
            self._next_tick = time.monotonic() + _TICK
            self._source = source

    def stop(self) -> None:
        """Stop watching; what happened before is still evaluated, and its alerts can be taken.

        Ends iterations once they have delivered what waits. Nothing happens if the sensor does not run.
        """
        source, dispatcher = self._source, self._dispatcher
        if source is None or source.forked:
            return
        source.close()
        if self._asking is not None:
            self._asking.close()
        for recording in tuple(self._recordings):
            recording.end()
        if self._capturing is not None:
            self._capturing.close()
            self._capturing = None
        if dispatcher is not None and dispatcher is not threading.current_thread():
            dispatcher.join()
            self._dispatcher = None

    def __enter__(self) -> Sensor:
        self.start()
        if self._on_alert is not None:
            self._dispatcher = threading.Thread(target=self._dispatch, name="tiercel-alerts", daemon=True)
            self._dispatcher.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Sensor:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def run(self, duration: float | None = None) -> Stats:
        """Watch, and give each alert to ``on_alert``, for ``duration`` seconds or until :meth:`stop`.

        Starts the sensor, and stops it at the end, also at Ctrl-C. Inside ``with`` it only waits.

        Returns:
            The counters at the end.
        """
        if self._on_alert is None:
            raise UsageError(
                "E607", "the sensor has no on_alert to run", hint="give one to Sensor(), or iterate over it"
            )
        deadline = math.inf if duration is None else time.monotonic() + duration
        if self._dispatcher is not None:
            while self.running and (left := deadline - time.monotonic()) > 0:
                self._dispatcher.join(min(left, _TICK))
            return self.stats()
        self.start()
        try:
            self._dispatch(deadline)
        finally:
            self.stop()
        self._dispatch(deadline)
        return self.stats()

    # --- Alerts -------------------------------------------------------------------------------------------------------

    def fileno(self) -> int:
        """Return a descriptor that is readable while alerts wait, and once the sensor has stopped."""
        return self._opened().fileno()

    def read(self, max: int = _BATCH) -> list[Alert]:  # noqa: A002 - the word of the contract
        """Return up to ``max`` alerts that wait, without waiting."""
        return self._take(max, 0)

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
            alerts = self._take(max, timeout)
            if alerts or (timeout is not None and not ended):
                yield alerts
            elif ended or source is not self._source:
                return

    def __iter__(self) -> Iterator[Alert]:
        """Yield alerts as they come, until the sensor is stopped.  Ctrl-C ends the wait at once."""
        for alerts in self.batches(timeout=None):
            yield from alerts

    async def __aiter__(self) -> AsyncIterator[Alert]:
        """Yield alerts as they come, until the sensor is stopped.  Waits in the event loop, without a thread."""
        from tiercel.engine.readable import Readable  # imports asyncio

        source = self._opened()
        with Readable(source.fileno()) as readable:
            while source is self._source:
                ended = source.closed
                alerts = self._take(_BATCH, 0)
                for alert in alerts:
                    yield alert
                if not alerts and ended:
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
        with self._lock:
            compiled = rules.compile(self._path_matching)
            source = self._source
            if source is not None and not source.closed:
                generation = source.generation + 1
                self._layouts[generation] = make_layouts(compiled, self._style)
                assert self._asking is not None
                before, now = _details(self._rules.compile(self._path_matching)), _details(compiled)
                self._asking.need(before | now)
                try:
                    source.swap(*_lowered(compiled), capture_rules(compiled.rules))
                finally:
                    self._asking.need(now if source.generation == generation else before)
                    if source.generation != generation:
                        del self._layouts[generation]
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
        assert self._asking is not None
        recording = Recording(
            source,
            path,
            condition=condition,
            max_bytes=max_bytes,
            rotate=rotate,
            buffer_bytes=buffer_bytes,
            ask=self._asking.keep,
            on_end=self._recordings.discard,
        )
        if recording.running:
            self._recordings.add(recording)
        return recording

    def stats(self) -> Stats:
        """Return the counters since the start; after :meth:`stop`, the final ones."""
        source = self._source
        if source is None:
            return Stats()
        parts = source.stats()
        asking = self._asking.stats() if self._asking is not None else AskingStats()
        return stats_of(parts, self._layouts, self._callback_errors.total, asking)

    # --- Inside -------------------------------------------------------------------------------------------------------

    def _opened(self) -> SyscallSource:
        if self._source is None:
            raise SensorError("E605", "the sensor is not started", hint="use it as `with Sensor(…) as sensor:`")
        return self._source

    def _take(self, limit: int, timeout: float | None) -> list[Alert]:
        """Take alerts; wait for the first one, but return for a loss to report, or when the sensor stops."""
        deadline = math.inf if timeout is None else time.monotonic() + timeout
        source = self._opened()
        while True:
            left = deadline - time.monotonic()
            items = source.take(limit, max(0.0, min(left, self._next_tick - time.monotonic(), _TICK)))
            alerts = [make_alert(self._layouts[generation], raw, self._hostname) for generation, raw in items]
            alerts += self._tick()
            if alerts or left <= 0 or source.closed:
                return alerts

    def _tick(self) -> list[Alert]:
        """Once a second, and once after the stop: look at the counters, and for new users."""
        told = [self._notices.alert(*self._told.popleft()) for _ in range(len(self._told))]
        closed = self._opened().closed
        if time.monotonic() < self._next_tick and not closed:
            return told
        self._next_tick = time.monotonic() + _TICK
        if not closed:
            self._opened().refresh_names()
            self._opened().mend()
            self._opened().verify()
        return told + self._notices.compare(self.stats(), last=closed)

    def _dispatch(self, deadline: float = math.inf) -> None:
        """Give alerts to the callback until the time is over or the sensor has stopped and nothing waits."""
        while True:
            ended = not self.running
            alerts = self._take(_BATCH, min(_TICK, max(0.0, deadline - time.monotonic())))
            for alert in alerts:
                self._call(alert)
            if (ended and not alerts) or (not ended and time.monotonic() >= deadline):
                return

    def _call(self, alert: Alert) -> None:
        assert self._on_alert is not None
        try:
            self._on_alert(alert)
        except Exception as error:  # noqa: BLE001 - whatever it is, the next alert must come through
            self._callback_errors.add(error)


def _details(compiled: Compiled) -> frozenset[str]:
    assert compiled.program is not None
    details = details_of(compiled.program.fields)
    return details | {"full_id"} if _TOLD in compiled.program.live else details


def _lowered(compiled: Compiled) -> tuple[RuleProgram, Wants]:
    program = compiled.program
    assert program is not None
    watch(program)
    filters = {code: one.clauses for code, one in program.filters.items()}
    wants = Wants.of(program.live, program.fields, program.calls)
    return RuleProgram(program), replace(wants, filters=filters, path_sets=program.path_sets)
