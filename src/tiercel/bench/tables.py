# SPDX-License-Identifier: Apache-2.0
"""Reports as text: a table for each part, and a table of changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tiercel.bench.comparison import Change
from tiercel.bench.installation import THIS
from tiercel.bench.limits import Verdict
from tiercel.bench.results import Figure, Report

__all__ = ["changes_text", "number", "report_text", "verdicts_text"]


def number(value: float) -> str:
    """Format a number with three significant digits, or with all digits before the point."""
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    size = abs(value)
    digits = 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 0.1 else 4
    return f"{value:,.{digits}f}"


def report_text(report: Report) -> str:
    """Return the tables of a report: a row for each case, a column for each measure."""
    about = report.machine
    head = f"{about['processor']}, {about['processors']} processors, Linux {about['kernel']}, Python {about['python']}"
    lines = [head]
    for part in dict.fromkeys(figure.part for figure in report.figures):
        lines += ["", *_part(part, [figure for figure in report.figures if figure.part == part])]
    if report.skipped:
        lines += ["", *(f"{part}: not measured: {reason}" for part, reason in report.skipped.items())]
    return "\n".join(lines)


def _part(part: str, figures: Sequence[Figure]) -> Iterator[str]:
    """Yield the lines of one part's table."""
    measures = {figure.measure: figure.unit for figure in figures}
    found = {(figure.case, figure.installation, figure.measure): figure for figure in figures}
    several = any(figure.installation != THIS for figure in figures)
    rows = [[part, *(f"{measure} {unit}".strip() for measure, unit in measures.items())]]
    for case, label in dict.fromkeys((figure.case, figure.installation) for figure in figures):
        cells = [found.get((case, label, measure)) for measure in measures]
        name = f"{case} ({label})" if several else case
        rows.append([name, *("" if cell is None else number(cell.value) for cell in cells)])
    yield from _columns(rows)


def changes_text(changes: Sequence[Change], before: str, after: str) -> str:
    """Return a table of changes; ``before`` and ``after`` name the compared runs."""
    rows = [["", before, after, "change", "quartiles", ""]]
    for change in changes:
        low, high = change.spread
        quartiles = f"{low - 1:+.1%} {high - 1:+.1%}" if low != high else ""
        name = f"{change.figure.part}: {change.figure.case}: {change.figure.measure}"
        values = (
            f"{number(change.before)} {change.figure.unit}",
            f"{number(change.figure.value)} {change.figure.unit}",
        )
        rows.append([name, *values, f"{change.ratio - 1:+.1%}", quartiles, change.verdict])
    return "\n".join(_columns(rows))


def verdicts_text(held: Sequence[Verdict]) -> str:
    """Return a table of limits and their results."""
    rows = [["limits", "measured", "limit", ""]]
    for verdict in held:
        figure, limit = verdict.figure, verdict.limit
        name = f"{figure.part}: {figure.case}: {figure.measure}"
        bound = f"at most {number(limit.most)}" if limit.most is not None else f"at least {number(limit.least or 0)}"
        rows.append([name, f"{number(figure.value)} {figure.unit}".strip(), bound, "" if verdict.kept else "BEYOND"])
    return "\n".join(_columns(rows))


def _columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield lines with the first column to the left and the others to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        first, *others = (
            cell.ljust(width) if not n else cell.rjust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join((first, *others)).rstrip()
