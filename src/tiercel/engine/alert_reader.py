# SPDX-License-Identifier: Apache-2.0
"""Reading of alerts and notices from a sensor: polls, iterations, and the wait for all events."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Final

from tiercel.alerts.alert import Alert
from tiercel.engine.callbacks import Dispatcher
from tiercel.engine.notice_stream import NoticeStream
from tiercel.engine.rule_generations import Intake
from tiercel.errors import SensorError
from tiercel.sources.live import SyscallSource

__all__ = ["AlertReader"]

_BATCH: Final = 1024
_TICK: Final = 1.0  # longest wait of an asynchronous iteration, in seconds


class AlertReader:
    """Base class of :class:`~tiercel.engine.sensor.Sensor` with the methods that return alerts."""

    _source: SyscallSource | None
    _intake: Intake | None
    _dispatcher: Dispatcher | None
    _stream: NoticeStream

    @property
    def notices(self) -> NoticeStream:
        """Reports of the sensor about itself: losses, floods, container engines that do not answer, cut texts."""
        return self._stream

    def fileno(self) -> int:
        """Return a descriptor that is readable while alerts are queued, and after the stop."""
        return self._opened().fileno()

    def read(self, max: int = _BATCH) -> list[Alert]:  # noqa: A002 - the word of the contract
        """Return up to ``max`` queued alerts, without waiting."""
        return self._intake_of().take(max, 0)

    def batches(self, max: int = _BATCH, timeout: float | None = 0.05) -> Iterator[list[Alert]]:  # noqa: A002
        """Yield lists of up to ``max`` alerts until the sensor is stopped.

        Args:
            max: maximum number of alerts in a list.
            timeout: seconds to wait for the first alert of a list; then an empty list is yielded, so that the caller
                can do other work. None waits without a limit, and yields no empty list.
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
        """Yield alerts as they arrive, until the sensor is stopped.  Ctrl-C ends the wait at once."""
        for alerts in self.batches(timeout=None):
            yield from alerts

    async def __aiter__(self) -> AsyncIterator[Alert]:
        """Yield alerts as they arrive, until the sensor is stopped.  Waits in the event loop, without a thread."""
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
        """Wait until all events up to now are evaluated, and their alerts can be taken.

        Returns:
            False after ``timeout`` seconds.
        """
        return self._opened().flush(timeout)

    def _raise_failure(self) -> None:
        """Raise the callback's error that ended the sensor, if any, at the end of an iteration."""
        if self._dispatcher is not None:
            self._dispatcher.raise_failure()

    def _opened(self) -> SyscallSource:
        if self._source is None:
            raise SensorError("E605", "the sensor is not started", hint="use it as `with Sensor(…) as sensor:`")
        self._refuse_child()
        return self._source

    def _refuse_child(self) -> None:
        """Refuse the child of a fork, before it waits for a lock of a thread that exists in the parent only."""
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

    def _tick(self) -> None:
        """Add the notices that are due, for a reader of notices only."""
        self._refuse_child()
        if self._intake is not None:
            self._intake.tick()
