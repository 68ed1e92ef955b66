# SPDX-License-Identifier: Apache-2.0
"""Text and JSON of values, times and lines."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from tiercel.formats.values import escape, iso_time, json_line, readable, utc_time, value_json, value_text


@pytest.mark.parametrize(
    ("value", "fmt", "text", "in_json"),
    [
        (None, "dec", "<NA>", None),
        ([], "dec", "<NA>", None),
        (True, "dec", "true", True),
        (-1, "dec", "-1", -1),
        (-1, "hex", "FFFFFFFF", "FFFFFFFF"),
        (8, "oct", "10", "10"),
        (7, "padded", "000000007", 7),
        (7, "none", "<NA>", 7),
        (1.25, "dec", "1.2", 1.25),
        (math.nan, "dec", "nan", None),
        (["a", 1], "dec", "(a,1)", ["a", "1"]),
        (b"a\xff", "dec", "a.", "a."),
        (b"a\xff", "base64", "Yf8=", "Yf8="),
        ("a\udcff", "dec", "a\ufffd", "a\ufffd"),
    ],
)
def test_values(value: Any, fmt: str, text: str, in_json: Any) -> None:
    assert value_text(value, fmt) == text
    assert value_json(value, fmt) == in_json


def test_times() -> None:
    assert utc_time(1_000_000_007) == "1970-01-01T00:00:01.000000007"
    assert iso_time(0) == "1970-01-01T00:00:00.000000000+0000"


def test_lines() -> None:
    value = {"b": "\u202e\n", "a": "\udcc3\udcbc", "\x7f": 1}
    line = json_line(value)
    assert line.isprintable()
    assert json.loads(line) == {"a": "ü", "b": "\u202e\n", "\x7f": 1}
    assert escape('"\n') == '\\"\\n'
    assert readable("\udcc3\udcbc\ud800") == "ü\ufffd"
