# SPDX-License-Identifier: Apache-2.0
"""Comparison of two sets of figures: of two installations in alternation, or of this run and a saved one."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from tiercel.bench.results import Figure

__all__ = ["Change", "changes"]

# Changes below these are noise on most machines: with enough rounds for meaningful quartiles, and with fewer.
_ENOUGH: Final = 5
_NOTABLE: Final = 0.03
_NOTABLE_OF_FEW: Final = 0.2


@dataclass(frozen=True, slots=True)
class Change:
    """Difference of a figure from an earlier one.

    Attributes:
        figure: the current one.
        before: the value that it is compared with.
        ratio: now divided by before: the median of the rounds' ratios if both were measured alternately.
        spread: quartiles of these ratios; without rounds, both are the ratio.
        rounds: number of rounds, the smaller of both.
    """

    figure: Figure
    before: float
    ratio: float
    spread: tuple[float, float]
    rounds: int

    @property
    def verdict(self) -> str:
        """``better`` or ``worse`` if the change exceeds the noise, else empty."""
        low, high = self.spread
        notable = _NOTABLE if self.rounds >= _ENOUGH else _NOTABLE_OF_FEW
        if self.figure.better == "neither" or low <= 1.0 <= high or abs(self.ratio - 1) < notable:
            return ""
        return "better" if (self.ratio < 1) == (self.figure.better == "lower") else "worse"


def changes(before: Iterable[Figure], after: Iterable[Figure], *, paired: bool) -> list[Change]:
    """Compare the common figures; ``paired`` if their rounds alternated."""
    known = {figure.key: figure for figure in before}
    found = []
    for figure in after:
        old = known.get(figure.key)
        if old is None or old.unit != figure.unit or not old.value or figure.better == "neither":
            continue
        rounds = min(len(old.rounds), len(figure.rounds))
        if paired and len(old.rounds) == len(figure.rounds) and all(old.rounds):
            ratios = [new / was for new, was in zip(figure.rounds, old.rounds, strict=True)]
            paired_figure = Figure(*figure.key, "x", tuple(ratios))
            found.append(Change(figure, old.value, statistics.median(ratios), paired_figure.spread, rounds))
        else:
            ratio = figure.value / old.value
            found.append(Change(figure, old.value, ratio, _unpaired(old, figure, ratio), rounds))
    return found


def _unpaired(old: Figure, new: Figure, ratio: float) -> tuple[float, float]:
    """Return the range that the ratio may have, from the quartiles of both."""
    (old_low, old_high), (low, high) = old.spread, new.spread
    if not old_low or not old_high:
        return ratio, ratio
    return low / old_high, high / old_low
