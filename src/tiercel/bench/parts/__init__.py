# SPDX-License-Identifier: Apache-2.0
"""What can be measured: one module each, in the order of ``tiercel bench all``."""

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
    """What the module ``tiercel.bench.parts.<name>`` holds."""

    def measure(self, session: Session) -> Iterator[Figure]:
        """Measure, and yield the figures. Raises ``TiercelError`` if it cannot."""


PARTS: Final = (
    Part("replay", "how fast a capture is evaluated", live=False),
    Part("scaling", "the same with more and more rules", live=False),
)


def load(name: str) -> Measure:
    """Import a part."""
    return cast("Measure", importlib.import_module(f"tiercel.bench.parts.{name}"))
