# SPDX-License-Identifier: Apache-2.0
"""Results: figures, and the report that contains them. The file format has a version."""

from __future__ import annotations

import json
import os
import platform
import statistics
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

from tiercel.bench.installation import THIS
from tiercel.errors import UsageError

__all__ = ["SCHEMA", "Better", "Figure", "Report", "machine"]

SCHEMA: Final = 1

Better = Literal["lower", "higher", "neither"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One measure, with a value for each round.

    Attributes:
        part: what the figure belongs to, for example ``replay``.
        case: under what conditions, for example ``93 rules``.
        measure: what was measured, for example ``CPU``.
        unit: of the values, for example ``ns/event``; empty for numbers without one.
        rounds: the values in the order of the rounds.
        better: which direction is an improvement.
        installation: ``this``, or ``against`` for the other one.
    """

    part: str
    case: str
    measure: str
    unit: str
    rounds: tuple[float, ...]
    better: Better = "lower"
    installation: str = THIS

    @property
    def key(self) -> tuple[str, str, str]:
        """Key for comparisons of the figure."""
        return self.part, self.case, self.measure

    @property
    def value(self) -> float:
        """The median of the rounds."""
        return statistics.median(self.rounds)

    @property
    def spread(self) -> tuple[float, float]:
        """The quartiles of the rounds; both are the median if there are less than three."""
        if len(self.rounds) < 3:
            return self.value, self.value
        low, _, high = statistics.quantiles(self.rounds, n=4, method="inclusive")
        return low, high


@dataclass(frozen=True, slots=True)
class Report:
    """All figures of a run, with machine and settings.

    Attributes:
        figures: in the order in which they were measured.
        machine: processor, kernel and so on.
        settings: the options that change what is measured.
        skipped: parts that could not run, with the reason.
        time: when, in ISO 8601.
    """

    figures: tuple[Figure, ...]
    machine: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    time: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    def of(self, installation: str) -> tuple[Figure, ...]:
        """The figures of one installation."""
        return tuple(figure for figure in self.figures if figure.installation == installation)

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON has it."""
        figures = [{**asdict(figure), "value": figure.value} for figure in self.figures]
        data = {"schema": SCHEMA, "time": self.time, "machine": self.machine, "settings": self.settings}
        return {**data, "skipped": self.skipped, "figures": figures}

    def to_json(self) -> str:
        """The same as text."""
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Report:
        """Read a report that ``--save`` or ``--json`` wrote.

        Raises:
            UsageError: E607, it is not a report, or a later version wrote it.
        """
        try:
            data = json.loads(Path(path).read_text())
            schema = data["schema"]
            if schema == SCHEMA:
                return cls(
                    tuple(_figure(entry) for entry in data["figures"]),
                    data["machine"],
                    data["settings"],
                    data["skipped"],
                    data["time"],
                )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            hint = "`tiercel bench --save FILE` writes such files"
            raise UsageError("E607", f"{path} holds no results of `tiercel bench`", hint=hint) from error
        raise UsageError("E607", f"{path} has form {schema}, and this version knows form {SCHEMA}")


def _figure(entry: dict[str, Any]) -> Figure:
    known = {name: entry[name] for name in ("part", "case", "measure", "unit", "better", "installation")}
    rounds = tuple(float(value) for value in entry["rounds"])
    if not rounds:
        raise ValueError("a figure without rounds")
    return Figure(rounds=rounds, **known)


def machine() -> dict[str, Any]:
    """Describe this machine, as far as it matters for speed."""
    name = ""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        name = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    except OSError:
        pass
    return {
        "processor": name or platform.machine(),
        "processors": len(os.sched_getaffinity(0)),
        "kernel": platform.release(),
        "python": platform.python_version(),
    }
