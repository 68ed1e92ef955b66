# SPDX-License-Identifier: Apache-2.0
"""Settings of captures that rules start."""

from __future__ import annotations

from typing import Final, Literal

from tiercel.errors import UsageError
from tiercel.frozen import frozen

__all__ = ["CaptureSettings"]

_MIN_BUFFER: Final = 1 << 18


@frozen
class CaptureSettings:
    """Settings of triggered captures: captures that rules with ``capture: true`` start.

    Attributes:
        path_prefix: prefix of their names, before the time and the number of the event that matched. None: a separate
            folder that only the user of the sensor can enter: ``/var/lib/tiercel/captures`` for root.
        mode: ``rules``: rules with ``capture: true`` start captures; ``all_rules``: every match does.
        duration: seconds of a capture after the last match, unless its rule has its own duration.
        before: seconds of a capture before the match; captures may contain somewhat more.
        max_bytes: a capture ends when it has this size, compressed; None: no limit.
        buffer_bytes: memory for the events of ``before``, and for events before they are written.
    """

    path_prefix: str | None = None
    mode: Literal["rules", "all_rules"] = "rules"
    duration: float = 5.0
    before: float = 5.0
    max_bytes: int | None = None
    buffer_bytes: int = 64 << 20

    def __post_init__(self) -> None:
        if self.mode not in ("rules", "all_rules"):
            raise UsageError("E607", f"mode is rules or all_rules, not {self.mode!r}")
        if self.duration < 0 or self.before < 0 or self.buffer_bytes < _MIN_BUFFER:
            text = f"a capture has no negative times, and a buffer of at least {_MIN_BUFFER} bytes"
            raise UsageError("E607", text)
