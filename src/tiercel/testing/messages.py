# SPDX-License-Identifier: Apache-2.0
"""How a test that failed is told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from tiercel.testing.model import Case
from tiercel.testing.running import Problem

__all__ = ["problem_data", "problem_lines"]


def problem_lines(case: Case, problems: Iterable[Problem]) -> Iterator[str]:
    """Yield what is wrong, each problem with the event that shows it and the check that failed first."""
    for problem in problems:
        which = f" (event of line {_line(problem)})" if len(case.events) > 1 else ""
        yield f"{problem.rule}: {problem.text}{which}"
        if problem.verdict is not None:
            yield from (f"  {line}" for line in problem.verdict.lines())


def problem_data(problem: Problem) -> dict[str, Any]:
    """Return a problem as plain data."""
    return {
        "rule": problem.rule,
        "text": problem.text,
        "event_line": _line(problem),
        "failures": [failure.to_dict() for failure in problem.verdict.failures] if problem.verdict is not None else [],
    }


def _line(problem: Problem) -> int:
    return problem.event.span.text.place(problem.event.span.start).line
