# SPDX-License-Identifier: Apache-2.0
"""Captures of responses: recordings of a process and its descendants for some seconds."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Final, Protocol

from tiercel.errors import TiercelError
from tiercel.response.process import Process
from tiercel.response.result import Refusal
from tiercel.response.settings import Response

__all__ = ["Recorder", "Recordings"]

_LOG: Final = logging.getLogger("tiercel.response")
_AT_ONCE: Final = 4
_MAX_BYTES: Final = 1 << 30


class _Recording(Protocol):
    """Part of a recording that responses use."""

    def stop(self) -> object: ...


class Recorder(Protocol):
    """Part of a sensor that responses use."""

    def record(self, path: str, *, condition: str | None = None, max_bytes: int | None = None) -> _Recording: ...


class Recordings:
    """Captures in progress, each with a timer that ends it."""

    def __init__(self) -> None:
        self._recorder: Recorder | None = None
        self._default_prefix: Callable[[], str] | None = None
        self._running: dict[int | None, tuple[_Recording, threading.Timer]] = {}
        self._lock = threading.Lock()

    def attach(self, recorder: Recorder, default_prefix: Callable[[], str] | None) -> None:
        """Record with a sensor; ``default_prefix`` is called for responses without ``path_prefix``."""
        self._recorder = recorder
        self._default_prefix = default_prefix

    def begin(self, response: Response, process: Process, time_ns: int) -> str:
        """Begin a capture of a process and its descendants, or of the whole scope; return its name.

        Raises:
            Refusal: no capture is possible now.
        """
        if self._recorder is None:
            raise Refusal("failed", "the responder has no sensor: call attach()")
        prefix = response.path_prefix or (self._default_prefix() if self._default_prefix is not None else "")
        if not prefix:
            raise Refusal("failed", "the response has no path_prefix")
        pid = process.pid
        with self._lock:
            if pid in self._running:
                raise Refusal("rate_limited", "a capture of the process is in progress")
            if len(self._running) >= _AT_ONCE:
                raise Refusal("rate_limited", f"{_AT_ONCE} captures are in progress")
            path = f"{prefix}_{time_ns:020}_{pid or 0}.scap"
            condition = f"proc.pid = {pid} or proc.apid = {pid}" if pid is not None else None
            recording = self._recorder.record(path, condition=condition, max_bytes=_MAX_BYTES)
            timer = threading.Timer(response.duration, self._end, (pid,))
            timer.daemon = True
            self._running[pid] = recording, timer
            timer.start()
        return path

    def close(self) -> None:
        """End all captures."""
        for pid in tuple(self._running):
            self._end(pid)

    def _end(self, pid: int | None) -> None:
        with self._lock:
            found = self._running.pop(pid, None)
        if found is None:
            return
        recording, timer = found
        timer.cancel()
        try:
            recording.stop()
        except TiercelError as error:
            _LOG.error("the capture of a response ends: %s", error.text)
