# SPDX-License-Identifier: Apache-2.0
"""Ring buffer of capture blocks, between the drain thread and the writer of a capture."""

from typing import Any, TypedDict, final

from tiercel._core.eval.program_build import RuleProgram
from tiercel._core.state.process_table import ProcessTable

class CaptureRingStats(TypedDict):
    events: int
    state_only: int
    bytes: int
    lost: int
    unfit: int
    evicted: int

@final
class CaptureRing:
    """Ring buffer of capture blocks: the drain thread appends blocks, one writer takes them.

    Args:
        table: the process table of the drain thread.
        size: capacity in bytes.
        program: its first rule selects the events; other events are recorded for the reader's tables only, or omitted.
        span: seconds for which blocks are kept; None: until the writer takes them. With a span the ring is a history,
            and a match of the drain thread's rules starts a capture from it.
        duration: seconds that a capture continues after a match, unless the rule sets its own duration.
        all_rules: every match starts a capture, not only matches of rules that request one.

    Raises:
        UsageError: E607, the size is too small.
    """

    def __new__(
        cls,
        table: ProcessTable,
        *,
        size: int = ...,
        program: RuleProgram | None = None,
        span: float | None = None,
        duration: float = 0.0,
        all_rules: bool = False,
    ) -> CaptureRing: ...
    def take(self, *, limit: int = ..., timeout: float = 0.0, until: int | None = None) -> bytes:
        """Return whole blocks of about ``limit`` bytes, up to the position ``until``; empty if there are none.

        Waits up to ``timeout`` seconds for a larger batch.
        """

    @property
    def pending(self) -> int:
        """Number of bytes that the writer has not taken yet."""

    @property
    def oldest(self) -> int:
        """Position of the oldest block in the ring."""

    def wait(self, timeout: float) -> tuple[int, int, int] | None:
        """Wait for a match that starts a capture; return its event's time, number and position, or None."""

    def begin(self, position: int) -> None:
        """Skip blocks before ``position``."""

    def finish(self, force: bool = False) -> bool:
        """Return whether the capture has ended and the writer has taken all of it; ``force`` ends it now."""

    def snapshot(self) -> tuple[int, int, list[dict[str, Any]]]:
        """Return a position, the clock offset, and the running processes as of that position.

        The clock offset is Unix time minus the clock of ``start_ns``. Texts are bytes, or None if unknown.
        """

    def close(self) -> None:
        """Wake all waiting calls, and let later calls return at once."""

    def stats(self) -> CaptureRingStats:
        """Return the counters."""
