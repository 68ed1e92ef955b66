# SPDX-License-Identifier: Apache-2.0
"""Captures as Python sees them: what the reader finds, one thing at each call."""

from typing import Any, TypeAlias, final

_Event: TypeAlias = tuple[int, int, int, int, int, tuple[bytes, ...]]
"""Time (ns of Unix time), thread, Falco's code, CPU, flags, and the params as the capture has them."""

@final
class ScapReader:
    """Reads a capture from an open file, which it neither seeks in nor closes.

    Args:
        fd: where the capture begins.
        name: of the file, for errors.
        convert: events come in their current forms, and those that only served that are left out.
    """

    def __new__(cls, fd: int, name: str, *, convert: bool = True) -> ScapReader: ...
    @property
    def offset(self) -> int:
        """Bytes of the uncompressed capture that were read."""

    def read(self) -> tuple[str, Any] | None:
        """Return what comes next, or None at the end.

        The first of the pair says what it is: ``section`` (state begins anew; the second is None), ``machine``,
        ``interface``, ``user``, ``group``, ``thread``, ``fd`` (a mapping each), or ``event``. Texts are str, with
        surrogates for bytes that are not UTF-8.

        Raises:
            CaptureError: E703 to E709, the capture is damaged or none; what stands before was returned.

        Releases the GIL while it reads.
        """

    def values(self) -> tuple[str, dict[str, Any]] | tuple[()] | None:
        """Return name and params of the event that ``read`` returned last.

        None for an event that no rule sees, an empty tuple if a value has not the size of its type. Params are numbers,
        texts, bytes for byte buffers, addresses as text, pairs of number and events for lists of descriptors; None
        where the capture has no value.
        """

    def count(self) -> int:
        """Read to the end without making objects; return the number of events.

        Raises:
            CaptureError: as ``read`` does.
        """

    def stats(self) -> dict[str, int]:
        """Return the counters.

        ``events`` (as the capture has them), ``unknown_events`` (of newer types, left out), ``blocks``,
        ``unknown_blocks`` (left out), ``sections``; of the conversion ``converted``, ``stored`` (enter events),
        ``unused`` (events without a use today), ``missed`` (exits without their enter event) and ``evicted`` (enter
        events thrown away for want of room).
        """

@final
class EventConverter:
    """Turns old events into current ones: a door for tests."""

    def step(self, event: _Event) -> tuple[str, _Event | None]:
        """Apply one rule; ``pass`` and the event, ``again`` and the event, ``drop``, or ``error``.

        Raises:
            ValueError: the event has more than 32 params.
        """

    def convert(self, event: _Event) -> tuple[str, _Event | None]:
        """Apply rules until the event is current: ``pass`` and the event, ``drop``, or ``error``.

        Raises:
            ValueError: the event has more than 32 params.
        """

    def stored(self, tid: int) -> _Event | None:
        """Return the enter event that waits for its thread's exit."""

    def stats(self) -> dict[str, int]:
        """Return the counters of the conversion; see :meth:`CaptureReader.stats`."""
