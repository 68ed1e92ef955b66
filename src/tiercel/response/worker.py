# SPDX-License-Identifier: Apache-2.0
"""Thread with a bounded queue of jobs."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import Final

__all__ = ["Worker"]

_LOG: Final = logging.getLogger("tiercel.response")


class Worker:
    """Thread that runs jobs in order; a job that raises is logged."""

    def __init__(self, name: str, capacity: int) -> None:
        self._capacity = capacity
        self._jobs: deque[Callable[[], None]] = deque()
        self._changed = threading.Condition(threading.Lock())
        self._closing = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def submit(self, job: Callable[[], None]) -> bool:
        """Append a job, without waiting; return False if the queue is full or closed."""
        with self._changed:
            if self._closing or len(self._jobs) >= self._capacity:
                return False
            self._jobs.append(job)
            self._changed.notify()
            return True

    def close(self, timeout: float) -> bool:
        """Run the jobs of the queue, and end; return False if that takes longer than ``timeout`` seconds."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._thread.ident is not None:
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def abandon(self) -> int:
        """Drop the jobs that have not begun; return their number."""
        with self._changed:
            count = len(self._jobs)
            self._jobs.clear()
            return count

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._jobs and not self._closing:
                    self._changed.wait()
                if not self._jobs:
                    return
                job = self._jobs.popleft()
            try:
                job()
            except Exception:  # noqa: BLE001 - the next action must follow
                _LOG.exception("a response failed")
