# SPDX-License-Identifier: Apache-2.0
"""Callback of a sensor inside ``async with``: a task that awaits it, and a stop that does not block the loop.

Imports asyncio, as :mod:`tiercel.engine.aio` does: only programs with an event loop load this.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from tiercel.alerts.alert import Alert
from tiercel.engine.aio import Readable
from tiercel.engine.callbacks import PATIENCE, TICK, Dispatcher, Take
from tiercel.engine.stats_collection import Counts

__all__ = ["Block", "TaskDispatcher", "in_thread"]

_LOG: Final = logging.getLogger("tiercel.sensor")


class Block:
    """Lifetime of an ``async with`` block: as in a task group, its task is cancelled when the callback fails."""

    def __init__(self, end: Callable[[], None]) -> None:
        """Begin, in the task that enters the block; ``end`` stops the sensor."""
        self._end = end
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.current_task()
        self._is_left = False
        self._is_cancelled = False

    def fail(self) -> None:
        """Stop the sensor and cancel the task, unless it leaves the block already.  Any thread may call this."""
        try:
            self._end()
        finally:
            with contextlib.suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(self._cancel)

    def _cancel(self) -> None:
        if self._task is not None and not self._is_left:
            self._is_cancelled = True
            self._task.cancel()

    async def leave(self, dispatcher: Dispatcher | None, error: BaseException | None) -> None:
        """Stop the sensor, and wait until its alerts are delivered; ``error`` is the exception of the block.

        Raises:
            BaseException: the error that ended the sensor; if the block has another error, it is logged instead.
        """
        self._is_left = True
        is_ours = self._is_cancelled and isinstance(error, asyncio.CancelledError)
        if self._is_cancelled and self._task is not None:
            self._task.uncancel()
        try:
            await in_thread(self._end)
            if isinstance(dispatcher, TaskDispatcher):
                await dispatcher.finish()
            elif dispatcher is not None:
                await in_thread(partial(dispatcher.wait, None))
            if dispatcher is not None:
                dispatcher.raise_failure()
        except asyncio.CancelledError:
            if isinstance(dispatcher, TaskDispatcher):
                dispatcher.cancel()
            raise
        except BaseException as more:
            if error is None or is_ours:
                raise
            _LOG.error("the sensor ended with another error than its block", exc_info=more)


class TaskDispatcher(Dispatcher):
    """Dispatcher that awaits the callback for one alert after the other, in a task of the running loop."""

    is_awaited = True

    def __init__(
        self, callback: Callable[[Alert], Any], take: Take, stop: Callable[[], None], errors: Counts, fd: int
    ) -> None:
        """Prepare; ``fd`` is readable while alerts wait."""
        super().__init__(callback, take, stop, errors)
        self._callback: Callable[[Alert], Any] = callback
        self._fd = fd
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run(), name="tiercel-alerts")

    @property
    def is_done(self) -> bool:
        """Return True: a blocked thread cannot wait for a task."""
        return True

    async def finish(self) -> None:
        """Wait until all alerts are delivered, as long as calls return.

        Raises:
            SensorError: E620, the callback does not return; it is cancelled.
        """
        started = time.monotonic()
        task = self._task
        assert task is not None
        try:
            while not task.done():
                since = max(started, self._returned)
                left = since + PATIENCE - time.monotonic()
                if left <= 0:
                    raise self.hung(PATIENCE)
                await asyncio.wait({task}, timeout=min(left, TICK))
        finally:
            self.cancel()

    def cancel(self) -> None:
        """Cancel a running call; its exception is lost."""
        if self._task is not None and not self._task.done():
            self._task.cancel()

    async def _run(self) -> None:
        try:
            with Readable(self._fd) as readable:
                while (alerts := self._take(0)) is not None:
                    self._returned = time.monotonic()
                    for alert in alerts:
                        await self._await(alert)
                    if not alerts:
                        await readable.wait(TICK)
        except BaseException as error:  # noqa: BLE001 - raised where the sensor is waited for
            self.fail(error)

    async def _await(self, alert: Alert) -> None:
        try:
            await self._callback(alert)
        except Exception as error:  # noqa: BLE001 - after any error the next alert must be delivered
            self._errors.add(error)
        self._returned = time.monotonic()


async def in_thread(work: Callable[[], None]) -> None:
    """Run blocking work in a thread to its end; raise a cancellation only after it."""
    doing = asyncio.ensure_future(asyncio.to_thread(work))
    cancelled: asyncio.CancelledError | None = None
    while not doing.done():
        try:
            await asyncio.wait({doing})
        except asyncio.CancelledError as error:
            cancelled = error
    doing.result()
    if cancelled is not None:
        raise cancelled
