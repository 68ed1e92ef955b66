# SPDX-License-Identifier: Apache-2.0
"""Events on their way into captures."""

from typing import Any, TypedDict, final

from tiercel._core.eval.program import RuleProgram
from tiercel._core.state.process_table import ProcessTable

class RecorderStats(TypedDict):
    events: int
    state_only: int
    bytes: int
    lost: int
    unfit: int
    evicted: int

@final
class Recorder:
    """A tape of event blocks: the drain thread of a pump puts them on, one writer takes them off.

    Args:
        table: the process table of the pump.
        size: bytes that the tape holds.
        program: its first rule says which events are wanted; others are for the tables of a reader alone, or left out.
        span: seconds for which blocks are kept; None: until they are taken. With a span the tape is a history, from
            which a match of the pump's rules starts a capture.
        duration: seconds that a capture goes on after a match whose rule does not say.
        all_rules: every match starts a capture, not only those of rules that say so.

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
    ) -> Recorder: ...
    def take(self, *, limit: int = ..., timeout: float = 0.0, until: int | None = None) -> bytes:
        """Return whole blocks, of some ``limit`` bytes, up to the position ``until``; empty if there are none.

        Waits up to ``timeout`` seconds for some more to come together.
        """

    @property
    def pending(self) -> int:
        """Bytes that wait to be taken."""

    @property
    def oldest(self) -> int:
        """Position of the oldest block on the tape."""

    def wait(self, timeout: float) -> tuple[int, int, int] | None:
        """Wait for a match that starts a capture; return its event's time, number and position, or None."""

    def begin(self, position: int) -> None:
        """Leave out what stands before ``position``."""

    def finish(self, force: bool = False) -> bool:
        """Tell whether the capture is at its end and all of it was taken; ``force`` ends it now."""

    def snapshot(self) -> tuple[int, int, list[dict[str, Any]]]:
        """Return the running processes as they are known, after the event before the position that is returned first.

        The second is Unix time minus the clock of ``start_ns``. Texts are bytes, or None where they are not known.
        """

    def close(self) -> None:
        """Wake up whoever waits, now and later."""

    def stats(self) -> RecorderStats:
        """Return the counters."""
