# SPDX-License-Identifier: Apache-2.0
"""Parts of a benchmark run: one module each, in the order of ``tiercel bench all``."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol, cast

from tiercel.bench.results import Figure
from tiercel.bench.session import Session

__all__ = ["PARTS", "Measure", "Part", "load"]


@dataclass(frozen=True, slots=True)
class Part:
    """A row of the list: ``live`` parts need the privileges of a sensor."""

    name: str
    summary: str
    live: bool


class Measure(Protocol):
    """Protocol of a module ``tiercel.bench.parts.<name>``."""

    def measure(self, session: Session) -> Iterator[Figure]:
        """Measure, and yield the figures. Raises ``TiercelError`` if it cannot."""


PARTS: Final = (
    Part("replay", "how fast a capture is evaluated", live=False),
    Part("scaling", "the same with more and more rules", live=False),
    Part("live", "what a sensor costs the programs that it watches", live=True),
    Part("drops", "how many events a second it takes before it loses some", live=True),
    Part("flood", "whether a flood in one control group costs another its events", live=True),
    Part("latency", "how long an alert takes", live=True),
    Part("memory", "what memory it takes", live=True),
    Part("start", "how long it takes to start", live=True),
)


def load(name: str) -> Measure:
    """Import a part."""
    return cast("Measure", importlib.import_module(f"tiercel.bench.parts.{name}"))
