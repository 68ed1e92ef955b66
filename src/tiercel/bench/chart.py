# SPDX-License-Identifier: Apache-2.0
"""Reports as SVG: a panel for each main measure, bars with quartiles, and a curve for growing sizes."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

from tiercel.bench.results import Figure
from tiercel.bench.tables import number

__all__ = ["Series", "chart"]

# Measures of each part in the chart; the table has the others.
_DRAWN: Final = {
    "replay": ("CPU",),
    "scaling": ("CPU",),
    "live": ("ratio", "sensor CPU"),
    "drops": ("without loss", "lost"),
    "flood": ("execs lost", "alerts lost", "flood lost"),
    "latency": ("p50", "p99", "worst"),
    "memory": ("resident",),
    "start": ("first alert",),
}

_WIDTH: Final = 760
_LEFT: Final = 230
_RIGHT: Final = 110
_ROW: Final = 20
_HEAD: Final = 34
_GAP: Final = 18
_CURVE: Final = 220  # height of a panel with a curve
_STYLE: Final = """\
<style>
  svg { font: 12px system-ui, sans-serif; background: #fff; color: #1c2330 }
  text { fill: currentColor } .title { font-weight: 600; font-size: 13px } .quiet { opacity: .65 }
  .s0 { fill: #2f6fb3; stroke: #2f6fb3 } .s1 { fill: #c98a2b; stroke: #c98a2b } .s2 { fill: #6b8f5a; stroke: #6b8f5a }
  .axis, .range { stroke: currentColor; stroke-width: 1 } .axis { opacity: .35 } .curve { fill: none; stroke-width: 2 }
  @media (prefers-color-scheme: dark) { svg { background: #14181f; color: #e6e9ef } }
</style>"""


@dataclass(frozen=True, slots=True)
class Series:
    """Figures of one colour, with the name that the legend gives them."""

    name: str
    figures: tuple[Figure, ...]


def chart(series: Sequence[Series], title: str) -> str:
    """Draw figures; the first series determines the panels."""
    body: list[str] = [f'<text x="12" y="22" class="title">{escape(title)}</text>']
    at = 34
    if len(series) > 1:
        body += _legend(series, at + 12)
        at += 24
    for part, measures in _DRAWN.items():
        for measure in measures:
            rows = [[one for one in each.figures if (one.part, one.measure) == (part, measure)] for each in series]
            if not rows[0]:
                continue
            unit = rows[0][0].unit
            heading = f"{part}: {measure}{f', {unit}' if unit else ''}"
            body.append(f'<text x="12" y="{at + 18}" class="title">{escape(heading)}</text>')
            sized = part == "scaling" and len(rows[0]) > 1 and all(_size(one.case) for one in rows[0])
            lines, height = _curves(rows, at + _HEAD) if sized else _bars(rows, at + _HEAD)
            body += lines
            at += _HEAD + height + _GAP
    size = f'width="{_WIDTH}" height="{at}" viewBox="0 0 {_WIDTH} {at}"'
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" {size}>', _STYLE, *body, "</svg>", ""])


def _legend(series: Sequence[Series], at: int) -> Iterator[str]:
    left = 12
    for place, each in enumerate(series):
        yield f'<rect x="{left}" y="{at - 9}" width="10" height="10" class="s{place % 3}"/>'
        yield f'<text x="{left + 15}" y="{at}">{escape(each.name)}</text>'
        left += 35 + 7 * len(each.name)


def _bars(rows: Sequence[Sequence[Figure]], top: int) -> tuple[list[str], int]:
    """Draw a bar for each case and series; return the lines and their height."""
    lines = []
    most = max((one.spread[1] for row in rows for one in row), default=0) or 1
    scale = (_WIDTH - _LEFT - _RIGHT) / most
    at = top
    for first in rows[0]:
        lines.append(f'<text x="{_LEFT - 8}" y="{at + 14}" text-anchor="end">{escape(first.case)}</text>')
        for place, row in enumerate(rows):
            for one in row:
                if one.case != first.case:
                    continue
                (low, high), length = one.spread, one.value * scale
                lines.append(
                    f'<rect x="{_LEFT}" y="{at + 4}" width="{length:.1f}" height="{_ROW - 7}" class="s{place % 3}"/>'
                )
                if low != high:
                    middle = at + _ROW / 2 + 0.5
                    ends = f'x1="{_LEFT + low * scale:.1f}" y1="{middle}" x2="{_LEFT + high * scale:.1f}" y2="{middle}"'
                    lines.append(f'<line {ends} class="range"/>')
                right = _LEFT + max(length, high * scale) + 6
                lines.append(f'<text x="{right:.1f}" y="{at + 14}">{number(one.value)}</text>')
                at += _ROW
        at += 4 if len(rows) > 1 else 0
    return lines, at - top


def _curves(rows: Sequence[Sequence[Figure]], top: int) -> tuple[list[str], int]:
    """Draw a curve over the logarithm of a size for each series; return the lines and their height."""
    points = [(_size(one.case), one.value) for row in rows for one in row]
    left, right, bottom = 70, _WIDTH - 40, top + _CURVE - 30
    low, high = (math.log10(bound(size for size, _ in points)) for bound in (min, max))
    most = max(value for _, value in points) or 1.0

    def place(size: float, value: float) -> tuple[float, float]:
        share = (math.log10(size) - low) / ((high - low) or 1)
        return left + share * (right - left), bottom - value / most * (bottom - top - 14)

    lines = [f'<line x1="{left}" y1="{bottom}" x2="{right}" y2="{bottom}" class="axis"/>']
    lines += [
        f'<text x="{place(size, 0)[0]:.1f}" y="{bottom + 18}" text-anchor="middle">{size:,}</text>'
        for size in sorted({size for size, _ in points})
    ]
    lines.append(f'<text x="{right}" y="{bottom + 30}" text-anchor="end" class="quiet">rules</text>')
    for number_of, row in enumerate(rows):
        placed = [(*place(_size(one.case), one.value), one.value) for one in row if _size(one.case)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in placed)
        lines.append(f'<polyline points="{path}" class="curve s{number_of % 3}" style="fill:none"/>')
        for x, y, value in placed:
            lines.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" class="s{number_of % 3}"/>')
            above = -7 if number_of == 0 else 17
            lines.append(f'<text x="{x:.1f}" y="{y + above:.1f}" text-anchor="middle">{number(value)}</text>')
    return lines, _CURVE


def _size(case: str) -> int:
    """Return the number at the beginning of a case's name (``1,000 rules``), or 0."""
    found = re.match(r"[\d,]+", case)
    return int(found[0].replace(",", "")) if found else 0
