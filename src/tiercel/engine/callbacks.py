# SPDX-License-Identifier: Apache-2.0
"""Callback of a sensor: validation, the thread that calls it, and handling of its exceptions."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from functools import partial
from typing import Any, Final

from tiercel.alerts.alert import Alert
from tiercel.engine.stats_collection import Counts
from tiercel.errors import SensorError, UsageError

__all__ = [
    "PATIENCE",
    "TICK",
    "Dispatcher",
    "Take",
    "check_callback",
    "check_notice_callback",
    "is_async",
    "not_awaited",
]

_LOG: Final = logging.getLogger("tiercel.sensor")
TICK: Final = 1.0  # longest wait for alerts, in seconds
PATIENCE: Final = 60.0  # seconds after which a running call counts as hung

Take = Callable[[float], "list[Alert] | None"]
"""Function that takes alerts and waits so many seconds for the first; None after the stop and the last alert."""


def check_callback(callback: object) -> None:
    """Refuse an object that cannot be called with an alert.

    Raises:
        UsageError: E607, it is not callable, or is an asynchronous generator, whose body would never run.
    """
    if callback is None:
        return
    import inspect  # slow to import, and only a callback needs it

    if not callable(callback):
        raise UsageError("E607", f"on_alert is a callable, not {type(callback).__name__}")
    if any(inspect.isasyncgenfunction(one) or inspect.isgeneratorfunction(one) for one in _functions(callback)):
        hint = "a function without `yield`, or iterate over the sensor"
        raise UsageError("E607", "on_alert is a generator function: a call runs nothing of it", hint=hint)


def check_notice_callback(callback: object) -> None:
    """Refuse an object that cannot be called with a notice.

    Raises:
        UsageError: E607, it is not callable, or would have to be awaited.
    """
    if callback is None:
        return
    if not callable(callback):
        raise UsageError("E607", f"on_notice is a callable, not {type(callback).__name__}")
    if is_async(callback):
        raise UsageError("E607", "on_notice is a coroutine function, which no caller awaits", hint="a plain function")


def is_async(callback: object) -> bool:
    """Return whether a callback is a coroutine function, a partial of one, or has one as ``__call__``."""
    if callback is None:
        return False
    import inspect  # see check_callback

    return any(inspect.iscoroutinefunction(one) for one in _functions(callback))


def _functions(callback: object) -> tuple[object, object]:
    while isinstance(callback, partial):
        callback = callback.func
    return callback, getattr(type(callback), "__call__", None)  # noqa: B004 - not whether it can be called


def not_awaited(callback: object) -> UsageError:
    """Return the error for a coroutine function that nothing awaits."""
    hint = "use the sensor in `async with`, or give it a plain function"
    name = getattr(callback, "__qualname__", type(callback).__qualname__)
    return UsageError("E607", f"on_alert is a coroutine function ({name}), and nothing awaits it here", hint=hint)


class Dispatcher:
    """Delivery of the alerts of one run of a sensor to its callback.

    An ``Exception`` of a call is counted and logged, and the next alert follows. Any other exception, as
    ``SystemExit``, and every error of the dispatcher itself ends the sensor, and is kept for :meth:`raise_failure`.

    Attributes:
        is_awaited: whether only the end of ``async with`` can wait for it.
    """

    is_awaited = False

    def __init__(
        self, callback: Callable[[Alert], object], take: Take, stop: Callable[[], None], errors: Counts
    ) -> None:
        """Prepare; ``stop`` ends the sensor without waiting for this dispatcher."""
        self._callback = callback
        self._take = take
        self._stop = stop
        self._errors = errors
        self._failure: BaseException | None = None
        self._returned = time.monotonic()  # of the last call; or the start of this call, after a wait for alerts
        self._thread: threading.Thread | None = None
        self._rest: Iterator[Alert] = iter(())

    def start(self) -> None:
        """Start a thread that calls the callback until the sensor has stopped and no alert is left."""
        self._thread = threading.Thread(target=self._main, name="tiercel-alerts", daemon=True)
        self._thread.start()

    def work(self, deadline: float = math.inf, is_over: Callable[[], bool] = lambda: False) -> None:
        """Deliver in this thread until the stop and the last alert, or until ``deadline`` unless ``is_over``."""
        for alert in self._rest:  # of a batch that Ctrl-C interrupted
            self._call(alert)
        while True:
            alerts = self._take(min(TICK, max(0.0, deadline - time.monotonic())))
            self._returned = time.monotonic()
            if alerts is None:
                return
            self._rest = iter(alerts)
            for alert in self._rest:
                self._call(alert)
            if time.monotonic() >= deadline and not is_over():
                return

    def wait(self, timeout: float | None) -> None:
        """Wait until all alerts are delivered, without a timeout as long as calls return.

        Raises:
            SensorError: E620, the callback does not return.
        """
        started = time.monotonic()
        while not self.is_done:
            now = time.monotonic()
            since = max(started, self._returned) if timeout is None else started
            left = since + (PATIENCE if timeout is None else timeout) - now
            if left <= 0:
                raise self.hung(now - since)
            self.join(min(left, TICK))

    @property
    def is_current(self) -> bool:
        """Return whether the caller runs inside the callback."""
        return self._thread is threading.current_thread()

    @property
    def is_done(self) -> bool:
        """Return whether no call runs or can follow, except for the one that calls this method."""
        return self._thread is None or self.is_current or not self._thread.is_alive()

    def join(self, timeout: float) -> None:
        """Wait for the end of the thread, for ``timeout`` seconds at most."""
        if self._thread is not None:
            self._thread.join(timeout)

    @staticmethod
    def hung(seconds: float) -> SensorError:
        """Return the error of a hung callback."""
        hint = "the sensor has stopped; read() returns what was not delivered, stop() waits again"
        return SensorError("E620", f"on_alert has not returned for {seconds:.1f} seconds", hint=hint)

    def raise_failure(self) -> None:
        """Raise, once, the error that ended the sensor, if any."""
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    def fail(self, error: BaseException) -> None:
        """End the sensor because of an error that must not be lost."""
        self._failure = error
        try:
            self._stop()
        except Exception as more:  # noqa: BLE001 - the first error is the cause
            _LOG.error("the sensor could not be stopped", exc_info=more)

    def _main(self) -> None:
        try:
            self.work()
        except BaseException as error:  # noqa: BLE001 - raised where the sensor is waited for
            self.fail(error)
            _LOG.error("on_alert ended the sensor: %s", type(error).__name__, exc_info=error)

    def _call(self, alert: Alert) -> None:
        try:
            result = self._callback(alert)
            if result is not None:
                _refuse_awaitable(result)
        except Exception as error:  # noqa: BLE001 - after any error the next alert must be delivered
            self._errors.add(error)
        self._returned = time.monotonic()


def _refuse_awaitable(result: Any) -> None:
    """Raise for a result that must be awaited to run; tasks and futures run without that."""
    if not isinstance(result, Awaitable) or hasattr(result, "add_done_callback"):
        return
    if isinstance(result, Coroutine):
        result.close()
    hint = "use a coroutine function as on_alert, in `async with`"
    raise UsageError("E607", "on_alert returned an awaitable, which nothing awaits: the alert is lost", hint=hint)
