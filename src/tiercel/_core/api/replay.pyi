# SPDX-License-Identifier: Apache-2.0
"""Evaluation of a capture."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, TypedDict, final, type_check_only

from tiercel._core.alerts.unpack import RawAlert
from tiercel._core.api.evaluator import TraceStep
from tiercel._core.eval.program_build import RuleProgram
from tiercel.errors import SourceError

@type_check_only
class ReplayStats(TypedDict):
    """Counters of a replay.

    ``events``: events visible to rules. ``last_num``: number of all events. ``malformed``: events with an invalid
    param; for the first one, the offset of its block in the uncompressed capture, its type, and the param's number.
    ``undescribed``: ``container`` events with an invalid payload. ``unknown``: events of types newer than this version.
    The other members count lost or shortened data for lack of room.
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
    """Reader of a capture that evaluates rules on its events.

    Args:
        program: the rules.
        fd: descriptor, positioned at the start of the capture; the caller owns it and keeps it open.
        name: name of the capture in errors.
        path_matching: ``requested`` keeps Falco's limit on the length of paths; there is no other difference, because a
            capture has only one form of paths.
        rule_matching: ``first`` stops at the first matching rule, ``all`` evaluates every rule.
        describe: converts the JSON of a ``container`` event to the container's id and the values of
            ``ProcessTable.set_container``, or returns None if the JSON is invalid; called in the order of events.
            Without it these events carry no metadata.

    Raises:
        UsageError: E607, an invalid setting.
    """

    program: RuleProgram
    name: str
    done: bool
    """True if the reader has reached the end or damaged data."""
    error: SourceError | None
    """Error with the place of the damage, or None."""

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
        """Evaluate up to 65,536 events, or up to a megabyte of alerts, and return the alerts.

        May return an empty list before the end: check ``done``. A signal interrupts the wait for more bytes.
        """

    def seek(self, num: int) -> dict[str, Any] | None:
        """Advance to the event with a number (``evt.num``), without alerts, and pause there.

        Returns:
            The event as from ``unpack.decode``, or None if the capture ends before it or the event is hidden from
            rules.
        """

    def evaluate(self, program: RuleProgram) -> list[RawAlert]:
        """Evaluate other rules on the paused event."""

    def trace(self, program: RuleProgram, rule: int) -> tuple[TraceStep, ...]:
        """Return the checks of one of these rules on the paused event; see ``Evaluator.trace``."""

    def stats(self) -> ReplayStats:
        """Return the counters."""
