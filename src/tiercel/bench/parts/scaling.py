# SPDX-License-Identifier: Apache-2.0
"""Cost of more rules: a replay with generated rule files of growing size, or with each file of the user."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tiercel.bench.parts.replay import replays
from tiercel.bench.results import Figure
from tiercel.bench.session import Session

__all__ = ["measure"]

_BASE = range(80, 121)  # numbers of rules that count as an ordinary file


def measure(session: Session) -> Iterator[Figure]:
    """Replay with each size; then compute its cost in units of an ordinary file's cost."""
    if session.options.rules:
        cases = {Path(path).name: [path] for path in session.rules()}
    else:
        cases = {f"{count:,} rules": [session.generated(count)] for count in session.options.sizes}
    figures = list(replays(session, "scaling", dict(cases)))
    if session.options.rules:
        figures = _named_by_size(figures)
    yield from figures
    yield from _ratios(figures)


def _named_by_size(figures: list[Figure]) -> list[Figure]:
    """Files of the user's are called by the number of their rules, unless two have the same."""
    sizes = {figure.case: int(figure.value) for figure in figures if figure.measure == "rules"}
    if len(set(sizes.values())) < len(sizes):
        return figures
    return [replace(figure, case=f"{sizes[figure.case]:,} rules") for figure in figures]


def _ratios(figures: list[Figure]) -> Iterator[Figure]:
    """Yield the cost of each case in units of the one with some 100 rules, or else the first: round by round."""
    for label in dict.fromkeys(figure.installation for figure in figures):
        mine = [figure for figure in figures if figure.installation == label]
        costs = {figure.case: figure.rounds for figure in mine if figure.measure == "CPU"}
        ordinary = [figure.case for figure in mine if figure.measure == "rules" and int(figure.value) in _BASE]
        base = ordinary[0] if ordinary else next(iter(costs))
        for case, rounds in costs.items():
            times = tuple(cost / of for cost, of in zip(rounds, costs[base], strict=True))
            yield Figure("scaling", case, "of 100 rules" if ordinary else "of first", "x", times, installation=label)
