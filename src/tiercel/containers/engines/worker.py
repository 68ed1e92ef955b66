# SPDX-License-Identifier: Apache-2.0
"""Worker of one engine: request threads, health checks, back-off, and the event stream."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, Final, Protocol

from tiercel.containers.engines.interface import (
    FAILED,
    Answer,
    Engine,
    EngineAbsentError,
    EngineError,
    EngineEvent,
    EngineId,
)
from tiercel.containers.stats import EngineState, EngineStats
from tiercel.containers.util.worker_pool import WorkerPool
from tiercel.notice import Notice
from tiercel.rules import Priority

__all__ = ["EngineWorker", "Listener"]

_LOG: Final = logging.getLogger("tiercel.containers")
_THREADS: Final = 3
_ROOM: Final = 8192  # calls that wait for one engine
_MAX_FAILURES: Final = 3  # failures in a row that start the back-off
_FIRST_PAUSE: Final = 0.25  # seconds
_LAST_PAUSE: Final = 10.0
_LONG_PAUSE: Final = 60.0  # with another server at the socket, or without a required package
_QUIET: Final = 60.0  # seconds between two warnings about one engine
_MAX_EVENTS: Final = 256  # reported events that the listener has not taken; the engine's stream waits for more room
_EVENT_WAIT: Final = 1.0  # seconds between two looks whether to close while a stream waits
SLOW: Final = 2.0  # seconds without a response that cause a warning


class Listener(Protocol):
    """Receiver of what an engine reports, called by the threads of the engine; no call waits."""

    def on_up(self, worker: EngineWorker) -> None:
        """The engine is up, for the first time or again."""

    def on_engine_event(self, worker: EngineWorker, event: EngineEvent) -> None:
        """The engine reported an event of a container; after its use, call :meth:`EngineWorker.event_taken`."""

    def schedule(self, delay: float, call: Callable[[], object]) -> None:
        """Make a short call after ``delay`` seconds."""

    def notify(self, notice: Notice) -> None:
        """Pass a notice on to the user."""


class EngineWorker:
    """Request threads of one engine.

    An engine that fails several times in a row is down, and is checked again with exponential back-off. Each outage
    causes one warning, or none if the engine was never up.

    Args:
        identity: of the engine.
        make: makes the engine, in a request thread, as its imports may take long.
        listener: receiver of callbacks.

    Attributes:
        id: identity of the engine.
        down: whether requests are suspended.
        was_there: whether the engine ever responded.
        hint: package to install; empty if nothing is missing.
    """

    def __init__(self, identity: EngineId, make: Callable[[], Engine], listener: Listener) -> None:
        self.id = identity
        self.down = False
        self.was_there = False
        self.hint = ""
        self._make = make
        self._engine: Engine | None = None
        self._listener = listener
        self._title = f"{identity.name} at {identity.path}"
        self._jobs = WorkerPool(f"tiercel-{identity.name}", _THREADS, _ROOM)
        self._lock = threading.RLock()
        self._closed = False
        self._lookups = self._failed_ever = 0
        self._failures = 0
        self._pause = _FIRST_PAUSE
        self._suspects: set[str] = set()  # containers whose lookups failed since the last valid response
        self._doubtful = ""  # the container of the last failed lookup
        self._is_hopeless = False
        self._check_is_due = False
        self._warned = False
        self._quiet_until = 0.0
        self._event_room = threading.BoundedSemaphore(_MAX_EVENTS)
        self._begun: dict[int, float] = {}  # start times of running calls, by thread
        self._follower: threading.Thread | None = None
        self._follow_pause = _FIRST_PAUSE

    def start(self) -> None:
        """Start the first health check."""
        self._check_now()

    def stats(self) -> EngineStats:
        """Return the counters."""
        with self._lock:
            there = self.was_there and not self.down
            state: EngineState = "up" if there else "down" if self.was_there or self._failed_ever else "absent"
            return EngineStats(self.id.name, self.id.path, state, self._lookups, self._failed_ever)

    def request(self, container: str, answer: Callable[[Answer], None]) -> None:
        """Look a container up; ``answer`` is called once, by any thread, at once if the engine is down."""
        if self.down or not self._jobs.put(lambda: self._look_up(container, answer)):
            answer(FAILED)

    def event_taken(self) -> None:
        """Make room for the next event."""
        self._event_room.release()

    def close(self) -> None:
        """Stop making calls and drop the queued ones."""
        self._closed = True
        self._jobs.close()
        with self._lock:
            if self._engine is not None:
                self._engine.close()

    def join(self, timeout: float) -> None:
        """After :meth:`close`: wait up to ``timeout`` seconds for each thread."""
        self._jobs.join(timeout)
        if self._follower is not None:
            self._follower.join(timeout)

    # --- Calls, by threads of the queue -------------------------------------------------------------------------------

    def _look_up(self, container: str, answer: Callable[[Answer], None]) -> None:
        found: Answer = FAILED
        began = time.monotonic()
        try:
            if not self.down:
                with self._lock:
                    self._lookups += 1
                found = self._watched(lambda: self._made().lookup(container))
                self._succeeded(time.monotonic() - began)
        except EngineError as error:
            self._failed(error, container)
        finally:
            answer(found)

    def _check(self) -> None:
        """Check the health of the engine: its version, and the lookup that failed last."""
        began = time.monotonic()
        doubtful = self._doubtful
        try:
            version = self._watched(lambda: self._made().version())
            if self.down and doubtful:
                self._watched(lambda: self._made().lookup(doubtful))
        except EngineError as error:
            self._failed(error, "")
            self._check_later(self._next_pause())
            return
        with self._lock:
            rises = self.down or not self.was_there
            self.down, self.was_there, self._pause = False, True, _FIRST_PAUSE
        self._succeeded(time.monotonic() - began)
        self._follow()
        if rises:
            _LOG.info("%s: %s", self._title, version)
            self._listener.on_up(self)

    def _made(self) -> Engine:
        with self._lock:
            if self._engine is None:
                self._engine = self._make()
                if self._closed:
                    self._engine.close()
            return self._engine

    def _watched(self, call: Callable[[], Any]) -> Any:
        """Make a call to the engine; warn if it takes long."""
        me = threading.get_ident()
        self._begun[me] = time.monotonic()
        self._listener.schedule(SLOW, self._look_at_clock)
        try:
            return call()
        except EngineError:
            raise
        except Exception as error:  # an internal error, caused by a response of the engine
            _LOG.exception("a request to %s failed", self._title)
            raise EngineError("E902", f"{self.id.path}: {error!r}") from error
        finally:
            del self._begun[me]

    def _look_at_clock(self) -> None:
        now = time.monotonic()
        if any(now - began >= SLOW for began in tuple(self._begun.values())):
            self._warn(f"{self._title} is slow: no answer for {SLOW:.0f} seconds; details of containers come late", {})

    def _next_pause(self) -> float:
        with self._lock:
            pause, self._pause = self._pause, min(2 * self._pause, _LAST_PAUSE)
            return _LONG_PAUSE if self._is_hopeless else pause

    def _check_later(self, delay: float) -> None:
        with self._lock:
            if self._check_is_due:
                return
            self._check_is_due = True
        self._listener.schedule(delay, self._check_now)

    def _check_now(self) -> None:
        self._check_is_due = False
        if not self._jobs.put(self._check):  # the queue is full
            self._check_later(_LAST_PAUSE)

    # --- State of the engine ------------------------------------------------------------------------------------------

    def _succeeded(self, took: float) -> None:
        with self._lock:
            self._failures = 0
            self._suspects.clear()
            over, self._warned = self._warned and took < SLOW, self._warned and took >= SLOW
        if over:
            text = f"{self._title} answers again"
            self._listener.notify(Notice("container engine", Priority.INFORMATIONAL, text, self._fields()))

    def _failed(self, error: EngineError, container: str) -> None:
        """Count a failure of a version request if ``container`` is empty, otherwise of its lookup.

        Invalid responses about one container do not make the engine down, as those about others may be valid.
        """
        if self._closed:
            return
        absent = error.code == "E905" or (isinstance(error, EngineAbsentError) and not self.was_there)
        hopeless = error.code in {"E904", "E905"}
        with self._lock:
            self._failures += 1
            self._failed_ever += 0 if absent else 1
            self._suspects.add(container)
            self._doubtful = container or self._doubtful
            self._is_hopeless = hopeless
            often = self._failures >= _MAX_FAILURES
            fails = error.code == "E901" or "" in self._suspects or len(self._suspects) >= _MAX_FAILURES
            falls = not self.down and (absent or hopeless or (often and fails))
            self.down = self.down or falls
            if error.code == "E904":
                self.hint = f"{error.text}; {error.hint}"
        if often and not absent and not hopeless:
            why = error.text.removeprefix(f"{self.id.path}: ").removeprefix(f"{self._title} ")
            hint = f"; {error.hint}" if error.hint else ""
            text = f"{self._title} cannot be queried ({why}{hint}): details of its containers are missing until it can"
            self._warn(text, {"error": error.code})
        if falls:
            _LOG.info("%s: %s", self._title, error.text)
            self._check_later(self._next_pause())

    def _warn(self, text: str, fields: dict[str, Any]) -> None:
        now = time.monotonic()
        with self._lock:
            if self._warned or self._closed or now < self._quiet_until:
                return
            self._warned, self._quiet_until = True, now + _QUIET
        self._listener.notify(Notice("container engine", Priority.WARNING, text, self._fields() | fields))

    def _fields(self) -> dict[str, Any]:
        return {"engine": self.id.name, "socket": self.id.path}

    # --- Events of containers, in a separate thread -------------------------------------------------------------------

    def _follow(self) -> None:
        with self._lock:
            if self._closed or (self._follower is not None and self._follower.is_alive()):
                return
            name = f"tiercel-{self.id.name}-events"
            self._follower = threading.Thread(target=self._following, name=name, daemon=True)
            self._follower.start()

    def _following(self) -> None:
        began = time.monotonic()
        try:
            for event in self._made().events():
                while not self._event_room.acquire(timeout=_EVENT_WAIT):
                    if self._closed:
                        return
                self._listener.on_engine_event(self, event)
        except EngineError as error:
            _LOG.info("%s: %s", self._title, error.text)
        except Exception:  # noqa: BLE001 - any error leads to another attempt
            _LOG.exception("following %s failed", self._title)
        lasted = time.monotonic() - began
        self._follow_pause = _FIRST_PAUSE if lasted > _LAST_PAUSE else min(2 * self._follow_pause, _LAST_PAUSE)
        self._check_later(self._follow_pause)
