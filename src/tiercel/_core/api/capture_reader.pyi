# SPDX-License-Identifier: Apache-2.0
"""Python reader of captures, and the event converter."""

from typing import Any, TypeAlias, final

_Event: TypeAlias = tuple[int, int, int, int, int, tuple[bytes, ...]]
"""Unix time in ns, thread, Falco's code, CPU, flags, and the raw params."""

@final
class ScapReader:
    """Reader of a capture from an open file; neither seeks nor closes the file.

    Args:
        fd: descriptor, positioned at the start of the capture.
        name: name of the file in errors.
        convert: convert events to their current forms, and omit events that only the conversion needs.
    """

    def __new__(cls, fd: int, name: str, *, convert: bool = True) -> ScapReader: ...
    @property
    def offset(self) -> int:
        """Number of bytes read of the uncompressed capture."""

    def read(self) -> tuple[str, Any] | None:
        """Return the next entry as (kind, value), or None at the end.

        Kinds are ``section`` (the state is reset; the value is None), ``machine``, ``interface``, ``user``, ``group``,
        ``thread``, ``fd`` (a mapping each), and ``event``. Texts are str, with surrogates for bytes that are not UTF-8.

        Raises:
            CaptureError: E703 to E709, the file is damaged or not a capture; earlier entries were returned.

        Releases the GIL while reading.
        """

    def values(self) -> tuple[str, dict[str, Any]] | tuple[()] | None:
        """Return name and params of the last event from ``read``.

        None for an event that is hidden from rules, an empty tuple if the size of a value does not fit its type. Params
        are numbers, texts, bytes for byte buffers, addresses as text, and pairs of number and events for lists of
        descriptors; None if the capture has no value.
        """

    def count(self) -> int:
        """Read to the end without Python objects; return the number of events.

        Raises:
            CaptureError: as ``read`` does.
        """

    def stats(self) -> dict[str, int]:
        """Return the counters.

        ``events`` (before conversion), ``unknown_events`` (of newer types, omitted), ``blocks``, ``unknown_blocks``
        (omitted), ``sections``; of the conversion ``converted``, ``stored`` (enter events), ``unused`` (events without
        a use today), ``missed`` (exits without their enter event) and ``evicted`` (enter events dropped to limit
        memory).
        """

@final
class EventConverter:
    """Converter of old event types to current types, for tests."""

    def step(self, event: _Event) -> tuple[str, _Event | None]:
        """Apply one rule; return ``pass`` and the event, ``again`` and the event, ``drop``, or ``error``.

        Raises:
            ValueError: the event has more than 32 params.
        """

    def convert(self, event: _Event) -> tuple[str, _Event | None]:
        """Apply rules until the event is current; return ``pass`` and the event, ``drop``, or ``error``.

        Raises:
            ValueError: the event has more than 32 params.
        """

    def stored(self, tid: int) -> _Event | None:
        """Return the stored enter event of a thread, or None."""

    def stats(self) -> dict[str, int]:
        """Return the counters of the conversion; see :meth:`CaptureReader.stats`."""
