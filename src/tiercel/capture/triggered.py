# SPDX-License-Identifier: Apache-2.0
"""Triggered captures: the seconds before a match from a history in memory, and the events after it."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

from tiercel.capture.container_blocks import ContainerBlocks
from tiercel.capture.folder import default_prefix
from tiercel.capture.output_file import CaptureOutput
from tiercel.capture.snapshot import snapshot
from tiercel.config.capture_settings import CaptureSettings
from tiercel.errors import SourceError
from tiercel.notice import Notice
from tiercel.rules import Priority, Rule
from tiercel.sources.live import SyscallSource
from tiercel.sources.requirements import ProbeRequirements

__all__ = ["Capturing", "capture_path", "capture_rules"]

_LOG: Final = logging.getLogger("tiercel.capture")
_WAIT: Final = 0.05  # seconds that events of a capture may wait to be written
_TICK: Final = 0.5
_MIN_PERIOD: Final = 1.0  # seconds between two looks at all processes

# Kind of a notice, its priority, text and fields.


def capture_rules(rules: Iterable[Rule]) -> list[tuple[bool, int]]:
    """Return, for each rule, whether it starts a capture, and its duration in milliseconds (0: default)."""
    return [(rule.capture, rule.capture_duration_ms) for rule in rules]


def capture_path(prefix: str, match_ns: int, num: int) -> str:
    """Return the path of a capture: names sort by the time and the number of the event that matched."""
    return f"{prefix}_{match_ns:020}_{num:020}.scap"


class Capturing:
    """Writer of triggered captures: keeps the history, and writes a capture when the drain thread reports a match.

    It takes a snapshot of all tables periodically, so that a capture can begin in the past with the tables of then.
    """

    def __init__(self, source: SyscallSource, settings: CaptureSettings, on_notice: Callable[[Notice], None]) -> None:
        """Begin to keep the history.

        Raises:
            KernelError: E4xx, an event could not be loaded.
            SourceError: E710, the folder for captures cannot be created.
        """
        self._prefix = settings.path_prefix if settings.path_prefix is not None else default_prefix()
        self._source = source
        self._settings = settings
        self._on_notice = on_notice
        self._period = max(settings.before, _MIN_PERIOD)
        self._tables: deque[tuple[float, int, bytes]] = deque()
        self._closing = False
        self._lost = 0
        self._recorder = source.recorder(
            size=settings.buffer_bytes,
            # A capture begins with the last snapshot that is old enough, up to one period earlier.
            span=settings.before + 2 * self._period if settings.before else 0.0,
            duration=settings.duration,
            all_rules=settings.mode == "all_rules",
        )
        source.record(self._recorder, ProbeRequirements.of_tables())
        self._thread = threading.Thread(target=self._run, name="tiercel-captures", daemon=True)
        self._process = os.getpid()
        self._thread.start()

    def close(self) -> None:
        """Complete the running capture, and stop."""
        if self._process != os.getpid():
            return
        self._closing = True
        self._recorder.close()
        self._thread.join()
        self._source.unrecord(self._recorder)

    def _run(self) -> None:
        while True:
            closing = self._closing
            if self._settings.before and not closing:
                self._take_tables()
            started = self._recorder.wait(_TICK)
            if started is not None:
                self._capture(*started)
            elif closing:
                return

    def _take_tables(self) -> None:
        """Take a snapshot of the tables if it is due, and drop snapshots that no capture will need."""
        now = time.monotonic()
        if self._tables and now < self._tables[-1][0] + self._period:
            return
        self._tables.append((now, *snapshot(self._recorder, self._source.watches())))
        while len(self._tables) > 1 and self._tables[1][0] <= now - self._settings.before:
            self._tables.popleft()

    def _start(self, match_at: int) -> tuple[int, bytes]:
        """Return the start position of a capture, and the tables there."""
        for _, position, tables in self._tables:
            if self._recorder.oldest <= position <= match_at:
                return position, tables
        # No history, or it has been dropped already: start at the match, with the current tables.
        return match_at, snapshot(self._recorder, self._source.watches())[1]

    def _capture(self, match_ns: int, num: int, match_at: int) -> None:
        """Write one capture."""
        path = capture_path(self._prefix, match_ns, num)
        try:
            file = CaptureOutput(path, compress=True, new=True)
            position, tables = self._start(match_at)
            self._recorder.begin(position)
            file.write(tables + ContainerBlocks(self._source.described).first())
            while not self._recorder.finish() and not self._is_full(file):
                file.write(self._recorder.take(timeout=_WAIT))
                if self._closing and not self._recorder.pending:
                    break
            self._recorder.finish(force=True)
            file.close()
        except SourceError as error:
            self._recorder.finish(force=True)
            _LOG.error("%s", error)
            self._on_notice(Notice("capture failed", Priority.ERROR, error.text, {"path": path}))
        self._tables.clear()
        self._note_losses(path)

    def _is_full(self, file: CaptureOutput) -> bool:
        most = self._settings.max_bytes
        if most is None or file.size < most:
            return False
        text = f"{file.path} has reached its largest size, {most} bytes"
        fields = {"max_file_size_mb": most >> 20, "written_bytes": file.size}
        self._on_notice(Notice("capture size limit reached", Priority.INFORMATIONAL, text, fields))
        return True

    def _note_losses(self, path: str) -> None:
        stats = self._recorder.stats()
        lost = stats["lost"] + stats["unfit"]
        if lost > self._lost:
            text = f"{lost - self._lost} events are missing in {path}: writing was too slow"
            fields = {"path": path, "n_lost": lost - self._lost}
            self._on_notice(Notice("capture incomplete", Priority.WARNING, text, fields))
        self._lost = lost
