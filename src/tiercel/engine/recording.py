# SPDX-License-Identifier: Apache-2.0
"""Recording of a capture while a sensor runs."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final

import yaml

from tiercel._core.eval.program_build import RuleProgram
from tiercel.capture.container_blocks import ContainerBlocks
from tiercel.capture.output_file import CaptureOutput, numbered
from tiercel.capture.snapshot import snapshot
from tiercel.engine.metadata import details_of
from tiercel.engine.ruleset import Ruleset
from tiercel.errors import SensorError, SourceError, UsageError
from tiercel.frozen import frozen
from tiercel.sources.live import SyscallSource
from tiercel.sources.requirements import ProbeRequirements

__all__ = ["Recording", "RecordingStats"]

_LOG: Final = logging.getLogger("tiercel.recording")
_WAIT: Final = 0.1  # seconds that events may wait to be written
_CHUNK: Final = 1 << 18
_SETTLE: Final = 5.0  # seconds for the rest of the rings at the end
MIN_BYTES: Final = 1 << 16


@frozen
class RecordingStats:
    """Counters of a recording.

    Attributes:
        events: recorded events, including events that only update the tables of a reader.
        state_only: recorded events that only update the tables of a reader.
        bytes: size of the files written so far.
        files: number of files so far.
        lost: events that were not recorded, because writing was too slow or an event was too long.
    """

    events: int
    state_only: int
    bytes: int
    files: int
    lost: int


class Recording:
    """Capture in progress; made by :meth:`Sensor.record`.

    A thread writes; the sensor never waits for it. As a context manager it ends the recording.

    Attributes:
        event_types: number of event types that the capture may contain.
    """

    def __init__(
        self,
        source: SyscallSource,
        path: str | os.PathLike[str],
        *,
        condition: str | None,
        max_bytes: int | None,
        rotate: int | None,
        buffer_bytes: int,
        keep_metadata: Callable[[frozenset[str]], None],
        on_end: Callable[[Recording], None],
    ) -> None:
        """Begin; use :meth:`Sensor.record`."""
        if max_bytes is not None and max_bytes < MIN_BYTES:
            raise UsageError("E607", f"a capture has at least {MIN_BYTES} bytes, not {max_bytes}")
        if rotate is not None and (rotate < 1 or max_bytes is None):
            hint = "give max_bytes, and how many files to keep"
            raise UsageError("E607", "captures rotate when a file has reached its size", hint=hint)
        program, required, details = _filter(condition)
        keep_metadata(details)
        self.event_types = len(required.events)
        self._source = source
        self._path = os.fspath(path)
        self._max_bytes = max_bytes
        self._rotate = rotate
        self._on_end = on_end
        self._names: deque[str] = deque()
        self._begun = 0
        self._eventless = True  # the current file contains no event so far
        self._closed_bytes = 0
        self._error: SourceError | None = None
        self._stopping = False
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._process = os.getpid()
        self._recorder = source.recorder(size=buffer_bytes, program=program)
        self._containers = ContainerBlocks(source.described)
        self._file = self._next_file()
        try:
            source.record(self._recorder, required)
            self._begin(*snapshot(self._recorder, source.watches()))
        except BaseException:
            source.unrecord(self._recorder)
            with contextlib.suppress(SourceError):
                self._file.close()
            raise
        self._thread = threading.Thread(target=self._run, name="tiercel-recording", daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        """True until :meth:`stop`, the size limit, or an error."""
        return self._is_ours and not self._ended.is_set()

    @property
    def _is_ours(self) -> bool:
        """Return False in the child of a fork, which has neither the thread nor its locks."""
        return self._process == os.getpid()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the recording has ended; False if ``timeout`` seconds were over first."""
        return not self._is_ours or self._ended.wait(timeout)

    def stop(self) -> RecordingStats:
        """End the recording: write all events up to now, and complete the file.

        Returns:
            The final counters.

        Raises:
            SourceError: E710, the file could not be written, now or before.
            SensorError: E605, this is the child of a fork.
        """
        self.end()
        if self._error is not None:
            error, self._error = self._error, None
            raise error
        return self.stats()

    def end(self) -> None:
        """End the recording, but keep an error for :meth:`stop`."""
        if not self._is_ours:
            return
        with self._lock:
            if self._thread.is_alive():
                with contextlib.suppress(SensorError):  # it was stopped meanwhile, with everything flushed
                    self._source.flush(_SETTLE)
                self._source.unrecord(self._recorder)
                self._stopping = True
                self._recorder.close()
                self._thread.join()

    def __enter__(self) -> Recording:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._is_ours:
            self.stop()

    def stats(self) -> RecordingStats:
        """Return the counters.

        Raises:
            SensorError: E605, this is the child of a fork.
        """
        if not self._is_ours:
            raise SensorError("E605", "the recording is the parent process's")
        counts = self._recorder.stats()
        size = self._closed_bytes + (self._file.size if not self._ended.is_set() else 0)
        lost = counts["lost"] + counts["unfit"]
        return RecordingStats(counts["events"], counts["state_only"], size, self._begun, lost)

    # --- The thread ---------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while self._write(self._recorder.take(limit=_CHUNK, timeout=_WAIT)):
                pass
            self._close()
            if self._eventless and self._begun > 1:
                self._take_back()
        except SourceError as error:
            self._error = error
            _LOG.error("the recording ends: %s", error.text)
        except BaseException as error:
            self._error = SourceError("E710", f"{self._path}: {error}")
            raise
        finally:
            self._source.unrecord(self._recorder)
            lost = self._recorder.stats()["lost"]
            if lost:
                _LOG.warning("%s: %d events were not recorded, writing was too slow", self._path, lost)
            self._ended.set()
            self._on_end(self)

    def _write(self, blocks: bytes) -> bool:
        """Write some blocks, or begin another file; return False at the end."""
        if self._max_bytes is None:
            self._put(blocks)
        elif self._rotate is None:
            fitting = _fitting(blocks, self._max_bytes - self._file.size)
            self._put(blocks[:fitting])
            if fitting < len(blocks) or self._file.size >= self._max_bytes:
                return False
        else:
            self._put(blocks)
            full = self._file.size + self._waiting() >= self._max_bytes
            if full and not self._eventless and not self._stopping:
                self._turn()
        return bool(blocks) or not self._stopping

    def _waiting(self) -> int:
        """Return the bytes in the capture ring that the current file will get."""
        return 0 if self._file.compressed else self._recorder.pending

    def _put(self, blocks: bytes) -> None:
        if described := self._containers.more(now=self._stopping):
            self._file.write(described)
        if blocks:
            self._file.write(blocks)
            self._eventless = False
            self._forget_oldest()

    def _turn(self) -> None:
        """Continue in another file, with the tables as of its first event."""
        position, tables = snapshot(self._recorder, self._source.watches())
        while blocks := self._recorder.take(limit=_CHUNK, until=position):
            self._file.write(blocks)
        self._close()
        self._file = self._next_file()
        self._eventless = True
        self._begin(position, tables)

    def _begin(self, position: int, tables: bytes) -> None:
        self._recorder.begin(position)
        self._file.write(tables + self._containers.first())

    def _close(self) -> None:
        self._file.close()
        self._closed_bytes += self._file.size

    def _next_file(self) -> CaptureOutput:
        self._begun += 1
        if self._rotate is None:
            return CaptureOutput(self._path)
        name = numbered(self._path, self._begun)
        self._names.append(name)
        return CaptureOutput(name)

    def _forget_oldest(self) -> None:
        """Remove the oldest excess file, as soon as the newest one contains an event."""
        if self._rotate is not None and len(self._names) > self._rotate:
            _remove(self._names.popleft())

    def _take_back(self) -> None:
        """Remove the newest file if it contains no event: a reader would refuse it."""
        _remove(self._names.pop())
        self._begun -= 1
        self._closed_bytes -= self._file.size


def _remove(path: str) -> None:
    try:
        Path(path).unlink()
    except OSError as error:
        _LOG.warning("%s: %s", path, error.strerror)


def _fitting(blocks: bytes, room: int) -> int:
    """Return the total size of the first whole blocks that fit into ``room``."""
    at = 0
    while at < len(blocks):
        length = int.from_bytes(blocks[at + 4 : at + 8], "little")
        if at + length > room:
            break
        at += length
    return at


def _filter(condition: str | None) -> tuple[RuleProgram | None, ProbeRequirements, frozenset[str]]:
    """Compile the condition of a recording.

    Returns:
        The rule program, its probe requirements, and the required container metadata.

    Raises:
        RulesError: the condition has an error.
    """
    if condition is None:
        return None, ProbeRequirements.of_everything() | ProbeRequirements.of_tables(), frozenset()
    rule = {"rule": "recording", "desc": "events to record", "condition": condition, "output": "-", "priority": "INFO"}
    text = yaml.safe_dump([{**rule, "warn_evttypes": False}], allow_unicode=True)
    program = Ruleset.loads(text, "<filter>").compile().program
    assert program is not None
    required = ProbeRequirements.of(program.live, program.fields, program.calls) | ProbeRequirements.of_tables()
    return RuleProgram(program), required, details_of(program.fields)
