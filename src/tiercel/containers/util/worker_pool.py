# SPDX-License-Identifier: Apache-2.0
"""Thread pool with a bounded queue; threads start on demand."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import Final

__all__ = ["WorkerPool"]

_LOG: Final = logging.getLogger("tiercel.containers")


class WorkerPool:
    """Thread pool with a bounded queue of calls.

    Args:
        name: name of the threads.
        most: maximum number of threads.
        room: maximum number of queued calls.
    """

    def __init__(self, name: str, most: int, room: int) -> None:
        self._name = name
        self._most = most
        self._room = room
        self._waiting: deque[Callable[[], None]] = deque()
        self._threads: list[threading.Thread] = []
        self._idle = 0
        self._closed = False
        self._changed = threading.Condition()

    def put(self, call: Callable[[], None]) -> bool:
        """Queue a call; return False if the queue is full, without a thread, or after :meth:`close`."""
        with self._changed:
            if self._closed or len(self._waiting) >= self._room:
                return False
            self._waiting.append(call)
            if self._idle >= len(self._waiting):
                self._changed.notify()
            elif len(self._threads) < self._most and not self._start() and not self._threads:
                self._waiting.pop()
                return False
        return True

    def close(self) -> None:
        """Drop the queued calls. Running calls are not interrupted."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._changed.notify_all()

    def join(self, timeout: float) -> None:
        """After :meth:`close`: wait up to ``timeout`` seconds for each thread."""
        for thread in self._threads:
            thread.join(timeout)

    def _start(self) -> bool:
        thread = threading.Thread(target=self._work, name=self._name, daemon=True)
        try:
            thread.start()
        except RuntimeError:  # the limit of threads is reached
            _LOG.warning("a thread %s cannot be started", self._name)
            return False
        self._threads.append(thread)
        return True

    def _work(self) -> None:
        while True:
            with self._changed:
                self._idle += 1
                while not self._waiting and not self._closed:
                    self._changed.wait()
                self._idle -= 1
                if self._closed:
                    return
                call = self._waiting.popleft()
            try:
                call()
            except Exception:  # noqa: BLE001 - the next call must be made
                _LOG.exception("a call of %s failed", self._name)
