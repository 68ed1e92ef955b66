# SPDX-License-Identifier: Apache-2.0
"""Charts are well-formed, and hold what was measured."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

from tiercel.bench.chart import Series, chart
from tiercel.bench.results import Figure

SVG = "{http://www.w3.org/2000/svg}"
OPEN = Figure("live", "openat+close: default rules", "ratio", "x", (1.2, 1.25, 1.3))
SCALING = tuple(Figure("scaling", f"{n:,} rules", "CPU", "ns/event", (float(n),)) for n in (25, 93, 3000))


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(svg).iter(f"{SVG}text")]


def test_bars_with_quartiles() -> None:
    svg = chart([Series("this", (OPEN,))], "a <machine> & more")
    assert texts(svg) == ["a <machine> & more", "live: ratio, x", "openat+close: default rules", "1.25"]
    root = ET.fromstring(svg)
    assert len(list(root.iter(f"{SVG}rect"))) == 1
    assert len(list(root.iter(f"{SVG}line"))) == 1


def test_several_series_have_a_legend_and_lengths_that_compare() -> None:
    other = replace(OPEN, rounds=(2.5,), installation="against")
    svg = chart([Series("this", (OPEN,)), Series("against", (other,))], "t")
    assert {"this", "against", "1.25", "2.50"} <= set(texts(svg))
    bars = [element for element in ET.fromstring(svg).iter(f"{SVG}rect") if element.get("height") != "10"]
    first, second = (float(bar.get("width", "")) for bar in bars)
    assert abs(second / first - 2) < 0.01


def test_growing_sizes_are_a_curve() -> None:
    svg = chart([Series("this", SCALING)], "t")
    (curve,) = ET.fromstring(svg).iter(f"{SVG}polyline")
    points = [tuple(map(float, point.split(","))) for point in curve.get("points", "").split()]
    assert len(points) == 3
    assert points == sorted(points), "larger sizes are further right"
    assert [y for _, y in points] == sorted((y for _, y in points), reverse=True), "and higher"
    assert {"25", "93", "3,000", "rules"} <= set(texts(svg))


def test_files_that_are_no_sizes_are_bars() -> None:
    named = tuple(replace(figure, case=f"rules-{n}.yaml") for n, figure in enumerate(SCALING))
    assert "polyline" not in chart([Series("this", named)], "t")


def test_nothing_measured() -> None:
    assert texts(chart([Series("this", ())], "t")) == ["t"]
    nothing = Figure("flood", "opens in another group", "execs lost", "", (0.0,))
    assert "0" in texts(chart([Series("this", (nothing,))], "t"))
