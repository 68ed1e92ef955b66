# SPDX-License-Identifier: Apache-2.0
"""Evaluation of a capture: from its bytes through the tables and the rules to alerts."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, TypedDict, final, type_check_only

from tiercel._core.alerts.unpack import RawAlert
from tiercel._core.api.evaluator import TraceStep
from tiercel._core.eval.program import RuleProgram
from tiercel.errors import SourceError

@type_check_only
class ReplayStats(TypedDict):
    """Counters of a replay.

    ``events`` are those that rules could see; ``last_num`` counts all. Of ``malformed`` ones the first is described:
    the place of its block in the uncompressed capture, its type, and the number of its wrong param. ``undescribed``
    should tell of a container, and make no sense. ``unknown`` are of types that are newer than this version. The rest
    was lost or cut for want of room.
    """

    events: int
    last_num: int
    malformed: int
    malformed_at: int
    malformed_type: int
    malformed_param: int
    undescribed: int
    unknown: int
    matches: int
    alerts_lost: int
    alerts_cut: int
    texts_lost: int
    events_cut: int
    threads_refused: int
    users_refused: int
    descriptors_refused: int
    containers_refused: int
    enters_evicted: int
    no_memory: int

@final
class Replay:
    """Reads a capture and holds rules against its events.

    Args:
        program: the rules.
        fd: descriptor of the capture, at its beginning; it stays the caller's, and open as long as this is used.
        name: what errors call it.
        path_matching: ``requested`` keeps Falco's limit on the length of paths; otherwise there is no difference, for a
            capture has no other form of paths.
        rule_matching: ``first`` takes the first rule that matches, ``all`` every one.
        describe: makes of the JSON of an event that tells of a container its id and the values that
            ``threads.ProcessTable.set_container`` takes, or None if it makes no sense; called in the order
            of the events. Without it such events tell nothing.

    Raises:
        UsageError: E607, a setting that there is not.
    """

    program: RuleProgram
    name: str
    done: bool
    """Whether the end was reached, or damage."""
    error: SourceError | None
    """What is damaged, and where."""

    def __new__(
        cls,
        program: RuleProgram,
        fd: int,
        name: str,
        *,
        path_matching: Literal["both", "requested", "resolved"] | str = "both",
        rule_matching: Literal["first", "all"] | str = "first",
        describe: Callable[[bytes], tuple[str, Mapping[str, object]] | None] | None = None,
    ) -> Replay: ...
    def read(self) -> list[RawAlert]:
        """Evaluate some ten thousand events, or until a megabyte of alerts waits, and return their alerts.

        May return none before the end: look at ``done``. A signal interrupts the wait for more bytes.
        """

    def seek(self, num: int) -> dict[str, Any] | None:
        """Go on to the event with that number (``evt.num``), without alerts, and hold it.

        Returns:
            The event as ``record.decode`` gives it, or None if the capture ends before, or rules never see it.
        """

    def evaluate(self, program: RuleProgram) -> list[RawAlert]:
        """Hold the event that ``seek`` found against other rules."""

    def trace(self, program: RuleProgram, rule: int) -> tuple[TraceStep, ...]:
        """The checks that one of these rules follows for the event that ``seek`` found; see ``Evaluator.trace``."""

    def stats(self) -> ReplayStats:
        """Return the counters."""
