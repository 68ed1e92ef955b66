# SPDX-License-Identifier: Apache-2.0
"""Thread that delivers the alerts of one output, with retries and counters."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from tiercel.errors import OutputError
from tiercel.frozen import frozen
from tiercel.outputs.base import BatchOutput, DeliveryError, Output, ReaderGoneError, Reopenable
from tiercel.outputs.queue import AlertQueue

__all__ = ["Counters", "OutputStats", "Sender", "Worker"]

_BATCH: Final = 512
_FIRST_DELAY: Final = 0.1  # seconds of the first back-off; each one is twice the last
_MAX_DELAY: Final = 15.0
_SILENCE: Final = 60.0  # seconds between two reports of failures of one output with one code


@frozen
class OutputStats:
    """Counters of one output.

    Attributes:
        delivered: alerts that the output accepted.
        failed: alerts that the output did not accept; they are lost.
        retried: further attempts after temporary failures.
        queued: alerts in memory that wait for the output.
        dropped: alerts lost because the queue or the spool was full, or the program ended.
        spooled: alerts on disk that wait for the output, also in the next run.
    """

    delivered: int = 0
    failed: int = 0
    retried: int = 0
    queued: int = 0
    dropped: int = 0
    spooled: int = 0


class Counters:
    """Counters of deliveries, which continue with another output of the same name."""

    def __init__(self) -> None:
        self.delivered = self.failed = self.retried = 0


class Sender:
    """Calls of one output, with counters.

    Attributes:
        counters: its counters.
        gone: the reader of the output has gone.
        failing: the last attempt failed, and a retry may succeed.
    """

    def __init__(
        self,
        name: str,
        output: Output,
        on_failure: Callable[[OutputError], None],
        counters: Counters | None = None,
    ) -> None:
        self.name = name
        self.output = output
        self.counters = counters or Counters()
        self.gone = self.failing = False
        self._on_failure = on_failure
        self._complained: dict[str, float] = {}  # times of reports by code
        self._batches = isinstance(output, BatchOutput)

    def send(self, alerts: Sequence[Any]) -> tuple[int, float]:
        """Attempt a delivery; return the number of alerts that are finished, and the delay that was requested."""
        if self.gone:
            self.counters.failed += len(alerts)
            return len(alerts), 0.0
        try:
            if self._batches:
                self.output.send_batch(alerts)  # type: ignore[attr-defined]
            else:
                alerts = alerts[:1]
                self.output.send(alerts[0])
        except ReaderGoneError as error:
            self.gone = True
            self.complain(error)
            self.counters.delivered += error.delivered
            self.counters.failed += len(alerts) - error.delivered
            return len(alerts), 0.0
        except DeliveryError as error:
            return self._unfinished(error, error.delivered, error.lost, retry=error.retry), error.after
        except OutputError as error:
            return self._unfinished(error, 0, 1, retry=False), 0.0
        except Exception as error:  # noqa: BLE001 - an output of another package must not end the thread
            text = f"{self.name}: {type(error).__name__}: {error}"
            return self._unfinished(OutputError("E802", text), 0, 1, retry=False), 0.0
        self.failing = False
        self.counters.delivered += len(alerts)
        return len(alerts), 0.0

    def _unfinished(self, error: OutputError, delivered: int, lost: int, *, retry: bool) -> int:
        self.complain(error)
        self.counters.delivered += delivered
        self.counters.failed += lost
        self.counters.retried += retry
        self.failing = retry
        return delivered + lost

    def complain(self, error: OutputError) -> None:
        """Report an error, unless another one of this output with its code was reported a short time ago."""
        now = time.monotonic()
        if now - self._complained.get(error.code, -_SILENCE) >= _SILENCE:
            self._complained[error.code] = now
            self._on_failure(error)

    def reopen(self) -> None:
        """Open the file or program of the output again."""
        if not isinstance(self.output, Reopenable):
            return
        try:
            self.output.reopen()
        except OutputError as error:
            self._on_failure(error)
        else:
            self.gone = False
            self._complained.clear()

    def close(self) -> None:
        """Close the output; report an error."""
        try:
            self.output.close()
        except OutputError as error:
            self._on_failure(error)
        except Exception as error:  # noqa: BLE001 - as for send()
            self._on_failure(OutputError("E802", f"{self.name}: {type(error).__name__}: {error}"))


class Worker:
    """Thread that takes alerts from a queue and delivers them in order; it starts with the first alert.

    The thread closes the output at its end.
    """

    def __init__(
        self,
        sender: Sender,
        queue: AlertQueue,
        *,
        timeout: float = 2.0,
        after: Worker | None = None,
        rest: AlertQueue | None = None,
    ) -> None:
        """Deliver from ``queue`` by ``sender``.

        Args:
            sender: the output.
            queue: the alerts.
            timeout: seconds; a call that takes longer is reported.
            after: worker whose thread ends before this one takes alerts; it had the same queue, or ``rest``.
            rest: another queue whose alerts move to this one then.
        """
        self.sender = sender
        self.timeout = timeout
        self._queue = queue
        self._after = after
        self._rest = rest
        self._thread: threading.Thread | None = None
        self._pid = os.getpid()
        self._closing = self._stopping = self._reopening = self._closed = False
        self._busy_since = 0.0
        self._abandoned = 0

    @property
    def inherited(self) -> bool:
        """True in the child of a fork, which has neither the thread nor its locks."""
        return os.getpid() != self._pid

    @property
    def lost_at_end(self) -> int:
        """Alerts in memory that were not delivered before the end."""
        return self._abandoned

    def start(self) -> None:
        """Start the thread if it does not run yet; report a call that takes too long."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=f"tiercel-{self.sender.name}"[:15], daemon=True)
            self._thread.start()
        since = self._busy_since
        if since and time.monotonic() - since > self.timeout:
            text = f"{self.sender.name}: a delivery takes more than {self.timeout:g} s; its alerts are queued"
            self.sender.complain(OutputError("E803", text))

    def reopen(self) -> None:
        """Open the file or program of the output again, before the next batch."""
        if self._thread is None:
            self.sender.reopen()
            return
        with self._queue.ready:
            self._reopening = True
            self._queue.ready.notify()

    def stop(self) -> None:
        """Let the thread end after its current call, and leave the queue to another worker."""
        self._stopping = True
        self.request_end()

    def request_end(self) -> None:
        """Let the thread end after the queue is empty, or after one failed attempt."""
        with self._queue.ready:
            self._closing = True
            self._queue.ready.notify_all()
        if self._thread is None:
            self._finish()

    def join(self, timeout: float | None = None) -> bool:
        """Wait for the end of the thread; return False if it still runs."""
        if self._thread is not None:
            self._thread.join(timeout)
        return not self.is_running

    @property
    def is_running(self) -> bool:
        """True from the start of the thread to its end."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def has_started(self) -> bool:
        """True from the start of the thread on."""
        return self._thread is not None

    def close(self, deadline: float) -> None:
        """Wait for the end of the thread, which closes the output; after the deadline, abandon both."""
        self.request_end()
        self.join(max(0.0, deadline - time.monotonic()))
        self._queue.close()
        self._abandoned = self._queue.queued + (len(self._rest) if self._rest is not None else 0)

    def _run(self) -> None:
        if self._after is not None:
            self._after.join()
            self._after = None
        if self._rest is not None:
            alerts, self._rest = self._rest.peek(len(self._rest)), None
            self.sender.counters.failed += self._queue.put(alerts, lambda: False)
        self._deliver()
        self._finish()

    def _finish(self) -> None:
        if self._closed:
            return
        self._closed = True
        self.sender.close()
        if not self._stopping:
            self._queue.close()

    def _deliver(self) -> None:
        delay = _FIRST_DELAY
        while self._wait():
            alerts = self._queue.peek(_BATCH)
            self._busy_since = time.monotonic()
            finished, after = self.sender.send(alerts) if alerts else (0, 0.0)
            self._busy_since = 0.0
            self._queue.done(finished)
            if not self.sender.failing:
                delay = _FIRST_DELAY
                continue
            if finished:
                delay = _FIRST_DELAY
            if self._closing:
                return
            self._back_off(max(after, delay * random.uniform(0.8, 1.2)))  # noqa: S311 - not a secret
            delay = min(2 * delay, _MAX_DELAY)

    def _wait(self) -> bool:
        """Wait for alerts; return False at the end."""
        with self._queue.ready:
            self._queue.idle = True
            while not len(self._queue) and not self._closing and not self._reopening:
                self._queue.ready.wait()
            self._queue.idle = False
            if self._stopping:
                return False
            reopening, self._reopening = self._reopening, False
        if reopening:
            self.sender.reopen()
            return self._wait()
        return len(self._queue) > 0

    def _back_off(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        with self._queue.ready:
            while not self._closing and not self._reopening and (left := until - time.monotonic()) > 0:
                self._queue.ready.wait(left)
