# SPDX-License-Identifier: Apache-2.0
"""Result of one action of a response."""

from __future__ import annotations

import time
from typing import Any, Final, Literal, TypeAlias

from tiercel.frozen import frozen

__all__ = ["DONE", "Action", "ActionResult", "Outcome", "Refusal", "latency_since"]

Action: TypeAlias = Literal["kill", "kill_cgroup", "stop", "freeze", "run", "call", "capture"]

Outcome: TypeAlias = Literal[
    "killed",
    "stopped",
    "frozen",
    "ran",
    "called",
    "captured",
    "dry_run",
    "gone",
    "protected",
    "denied",
    "rate_limited",
    "unidentified",
    "uncertain",
    "own",
    "overflow",
    "removed",
    "failed",
]

DONE: Final = frozenset({"killed", "stopped", "frozen", "ran", "called", "captured"})
"""Outcomes of actions that took place."""


@frozen
class ActionResult:
    """Result of one action.

    Attributes:
        action: the action.
        outcome: ``killed``: the kernel accepted SIGKILL or ``cgroup.kill``; ``stopped``, ``frozen``, ``ran``,
            ``called``, ``captured``: done; ``dry_run``: every check passed, and nothing was done; ``gone``: the process
            has ended, also if another process has its number now; ``protected``: the process must not be touched;
            ``denied``: the kernel refused; ``rate_limited``: too many actions; ``unidentified``: the alert does not
            identify a process of this machine; ``uncertain``: the match depends on missing metadata; ``own``: a process
            of the sensor or of a response caused the alert; ``overflow``: the queue was full; ``removed``: a reload
            removed or changed the response; ``failed``: any other reason.
        detail: reason of the outcome, or an empty text.
        pid: the process, or None.
        latency_ns: nanoseconds from the event to the end of the action.
        rule: rule of the alert; empty for an action without a response.
        response: name of the response; empty likewise.
    """

    action: Action
    outcome: Outcome
    detail: str = ""
    pid: int | None = None
    latency_ns: int = 0
    rule: str = ""
    response: str = ""

    @property
    def done(self) -> bool:
        """True if the action took place."""
        return self.outcome in DONE

    def to_dict(self) -> dict[str, Any]:
        """Return the result with names as keys, for logs."""
        return {name: getattr(self, name) for name in self.__match_args__}

    def __str__(self) -> str:
        what = f"response {self.response!r} to rule {self.rule!r}: " if self.response else ""
        whom = f" (pid {self.pid})" if self.pid is not None else ""
        why = f": {self.detail}" if self.detail else ""
        return f"{what}{self.action}{whom}: {self.outcome} after {self.latency_ns / 1e6:.3f} ms{why}"


class Refusal(Exception):  # noqa: N818 - an outcome, not an error
    """End of an action before it took place."""

    def __init__(self, outcome: Outcome, detail: str = "") -> None:
        super().__init__(outcome, detail)
        self.outcome = outcome
        self.detail = detail


def latency_since(boot_ns: int) -> int:
    """Return the nanoseconds since a time of CLOCK_BOOTTIME, or 0 for the time 0, which is unknown."""
    return max(0, time.clock_gettime_ns(time.CLOCK_BOOTTIME) - boot_ns) if boot_ns else 0
