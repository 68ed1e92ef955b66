# SPDX-License-Identifier: Apache-2.0
"""Speed limits of this project, to compare a run with.

Ratios apply to any machine. Absolute limits (nanoseconds, rates, seconds, megabytes) apply to one processor of a
current server, at about 2.5 GHz.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from tiercel.bench.installation import THIS
from tiercel.bench.results import Figure

__all__ = ["LIMITS", "Limit", "Verdict", "verdicts"]


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit.

    Attributes:
        part: of the figure.
        cases: cases that it applies to; names that a run lacks are ignored.
        measure: of the figure.
        most: the highest value, or None.
        least: the lowest value, or None.
    """

    part: str
    cases: tuple[str, ...]
    measure: str
    most: float | None = None
    least: float | None = None


_SET: Final = ("default rules", "own rules")
_REPLAYED: Final = ("packaged rules", "own rules")

LIMITS: Final = (
    Limit("replay", _REPLAYED, "CPU", most=300),
    Limit("replay", _REPLAYED, "rate", least=3),
    Limit("scaling", ("93 rules",), "CPU", most=300),
    Limit("scaling", ("3,000 rules",), "of 100 rules", most=1.2),
    Limit("scaling", ("10,000 rules",), "of 100 rules", most=1.5),
    Limit("live", tuple(f"openat+close: {case}" for case in _SET), "ratio", most=1.25),
    Limit("live", ("openat+close: no file events",), "ratio", most=1.12),
    Limit("live", tuple(f"getppid: {case}" for case in _SET), "ratio", most=1.35),
    Limit("live", tuple(f"fork+exec: {case}" for case in _SET), "ratio", most=1.06),
    Limit("live", tuple(f"openat+close: {case}" for case in _SET), "sensor CPU", most=3),
    Limit("live", tuple(f"openat+close: {case}" for case in _SET), "lost", most=0),
    Limit("drops", ("one processor",), "lost", most=0),
    Limit("drops", ("all processors",), "lost", most=1),
    Limit("flood", ("opens in another group",), "execs lost", most=0),
    Limit("flood", ("opens in another group",), "alerts lost", most=0),
    Limit("latency", ("100,000 events/s",), "p99", most=10),
    Limit("memory", ("93 rules, 5,000 processes", "own rules, 5,000 processes"), "resident", most=60),
    Limit("start", ("default rules", "93 rules", "own rules"), "first alert", most=0.5),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A limit, and the figure that was compared with it."""

    limit: Limit
    figure: Figure

    @property
    def kept(self) -> bool:
        """True if the figure is within the limit."""
        value, most, least = self.figure.value, self.limit.most, self.limit.least
        return (most is None or value <= most) and (least is None or value >= least)

    def to_dict(self) -> dict[str, Any]:
        """The verdict as JSON has it."""
        figure = self.figure
        what = {"part": figure.part, "case": figure.case, "measure": figure.measure, "unit": figure.unit}
        return {**what, "most": self.limit.most, "least": self.limit.least, "value": figure.value, "kept": self.kept}


def verdicts(figures: Iterable[Figure]) -> list[Verdict]:
    """Compare the figures of this installation with the limits; skip limits without a figure."""
    found = {figure.key: figure for figure in figures if figure.installation == THIS}
    return [
        Verdict(limit, found[key])
        for limit in LIMITS
        for case in limit.cases
        if (key := (limit.part, case, limit.measure)) in found
    ]
