# SPDX-License-Identifier: Apache-2.0
"""Iterator over the events of a capture."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from types import MappingProxyType, TracebackType
from typing import Any, Final

from tiercel._core.api.capture_reader import ScapReader
from tiercel.capture.input_file import CaptureFile
from tiercel.capture.tables import (
    CaptureFd,
    CaptureGroup,
    CaptureInterface,
    CaptureMachine,
    CaptureTables,
    CaptureThread,
    CaptureUser,
)
from tiercel.errors import SourceError
from tiercel.schema.names import EVENT_BY_NAME

__all__ = ["Capture", "CaptureEvent", "open_capture"]

_STATE_ONLY: Final = 1

# Events that update the users and groups of the state engine; Falco counts them, but shows them to no rule.
_HIDDEN: Final = frozenset(
    EVENT_BY_NAME[name].code for name in ("useradded", "userdeleted", "groupadded", "groupdeleted")
)


class CaptureEvent:
    """One event of a capture, in the current format of its type.

    Texts are decoded like file names in :mod:`os`: bytes that are not UTF-8 become lone surrogates, and
    :func:`os.fsencode` gives the bytes back.

    Attributes:
        num: ``evt.num``: the same number as in alerts of a replay.
        time_ns: time of the event, nanoseconds since 1970 (UTC).
        type: name of the event, as in ``evt.type``.
        tid: the thread.
        cpu: the processor.
        params: the params of the event by name, in Falco's order: numbers, texts, bytes for byte buffers, addresses as
            text, a tuple of (descriptor, events) for lists of descriptors; None where the capture has no value.
    """

    __slots__ = ("cpu", "num", "params", "tid", "time_ns", "type")

    def __init__(self, num: int, time_ns: int, name: str, tid: int, cpu: int, params: Mapping[str, Any]) -> None:
        self.num = num
        self.time_ns = time_ns
        self.type = name
        self.tid = tid
        self.cpu = cpu
        self.params = MappingProxyType(params)

    def __reduce__(self) -> tuple[type[CaptureEvent], tuple[Any, ...]]:
        return CaptureEvent, (self.num, self.time_ns, self.type, self.tid, self.cpu, dict(self.params))

    def __repr__(self) -> str:
        return f"<CaptureEvent {self.num} {self.type} tid={self.tid} {dict(self.params)!r}>"


class Capture:
    """Open capture: an iterator over its events, and the tables before them.

    The tables belong to the section of the next event. Few captures have more than one section: they are joined files,
    and the first event of each file replaces the tables with those of that file.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Open ``path`` and read up to the first event; use :func:`open_capture`."""
        self._file = CaptureFile(path)
        self._reader = ScapReader(self._file.fileno(), self._file.name)
        self._tables = CaptureTables()
        self._num = 0
        self._malformed = 0
        self._is_open = True
        self._next: CaptureEvent | None = None
        self._error: SourceError | None = None
        try:
            self._advance()
        except BaseException:
            self.close()
            raise

    @property
    def name(self) -> str:
        """Name of the file."""
        return self._file.name

    @property
    def machine(self) -> CaptureMachine | None:
        """The recorded machine, or None if the capture does not describe it."""
        return self._tables.machine

    @property
    def interfaces(self) -> tuple[CaptureInterface, ...]:
        """Addresses of the machine."""
        return tuple(self._tables.interfaces)

    @property
    def users(self) -> tuple[CaptureUser, ...]:
        """Users of the machine."""
        return tuple(self._tables.users)

    @property
    def groups(self) -> tuple[CaptureGroup, ...]:
        """Groups of the machine."""
        return tuple(self._tables.groups)

    @property
    def threads(self) -> tuple[CaptureThread, ...]:
        """Threads at the start of the recording."""
        return tuple(self._tables.threads)

    @property
    def fds(self) -> tuple[CaptureFd, ...]:
        """Open descriptors at the start of the recording."""
        return tuple(self._tables.fds)

    def stats(self) -> Mapping[str, int]:
        """Return the counters so far.

        ``events`` of the capture; ``unknown_events``: skipped, of types that are newer than this version; ``blocks``,
        ``unknown_blocks`` (skipped), ``sections``; ``converted`` from older versions, ``stored`` (records of the start
        of a system call, joined with those of its end), ``unused`` (without a use today), ``missed`` (ends of calls
        whose start is not in the capture), ``evicted`` (starts dropped by the size limit); ``malformed``: skipped, as a
        value does not have the size of its type.
        """
        return MappingProxyType({**self._reader.stats(), "malformed": self._malformed})

    def close(self) -> None:
        """Close the file.  Repeated calls are allowed; later reads are an error."""
        self._is_open = False
        self._file.close()

    def __enter__(self) -> Capture:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __iter__(self) -> Iterator[CaptureEvent]:
        return self

    def __next__(self) -> CaptureEvent:
        if not self._is_open:
            raise ValueError("the capture is closed")
        event = self._next
        if event is None:
            if self._error is not None:
                raise self._error
            raise StopIteration
        self._next = None
        try:
            self._advance()
        except SourceError as error:  # raised after the previous event
            self._error = error
        return event

    def _advance(self) -> None:
        """Read the next visible event; None at the end."""
        found = self._reader.read()
        while found is not None:
            kind, entry = found
            if kind == "event":
                event = self._shown(entry)
                if event is not None:
                    self._next = event
                    return
            elif kind == "section":
                self._tables = CaptureTables()
            else:
                self._tables.add(kind, entry)
            found = self._reader.read()

    def _shown(self, raw: Any) -> CaptureEvent | None:
        """Return the event that was just read, or None if no rule would see it."""
        time_ns, tid, code, cpu, flags, _ = raw
        self._num += 1
        values = self._reader.values()
        if values is None or flags & _STATE_ONLY or code in _HIDDEN:
            return None
        if not values:
            self._malformed += 1
            return None
        name, params = values
        return CaptureEvent(self._num, time_ns, name, tid, cpu, params)


def open_capture(path: str | os.PathLike[str]) -> Capture:
    """Open a `.scap` capture of any version, plain or compressed by gzip, and read up to its first event.

    >>> with tiercel.open_capture("trace.scap") as capture:     # doctest: +SKIP
    ...     for event in capture:
    ...         print(event.num, event.type, event.params.get("name"))

    Args:
        path: of the file; ``-`` for standard input.

    Returns:
        A context manager and iterator over the events that rules would see. If the capture is damaged, the iterator
        raises after the last event before the damage.

    Raises:
        SourceError: E701, the file cannot be opened.
        CaptureError: E703 to E709, the file is not a capture, has no events, or is damaged before the first one;
            ``offset`` is the position.

    Events are decoded one at a time: memory does not grow with the capture. For rules use :func:`tiercel.replay`, which
    makes no Python objects for events that match nothing.
    """
    return Capture(path)
