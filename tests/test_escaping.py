# SPDX-License-Identifier: Apache-2.0
"""Escapes of what terminals act on and of what is not seen."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiercel.errors import CaptureError, ConfigError, TiercelError
from tiercel.escaping import visible, visible_json, visible_lines
from tiercel.lang.diagnostics import Note, diagnose, show
from tiercel.lang.text import Text

TEXTS = st.text(st.characters(categories=None, codec=None))
# Formats of the general category Cf that have a shape of their own: signs before numbers, and signs of old scripts.
SHOWN_FORMATS = {*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD}
SHOWN_FORMATS |= {*range(0x13430, 0x13440), *range(0x1BCA0, 0x1BCA4)}


def is_hidden(char: str) -> bool:
    category = unicodedata.category(char)
    return category in {"Cc", "Cs", "Zl", "Zp"} or (category == "Cf" and ord(char) not in SHOWN_FORMATS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain, é, 日本, 🙂", "plain, é, 日本, 🙂"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("a\nb\r\tc\x7f\x9b", "a\\nb\\r\\tc\\x7f\\x9b"),
        ("\u202etxt.exe\u200b\ufeff\xad", "\\u202etxt.exe\\u200b\\ufeff\\xad"),
        ("\U000e0041\udc80", "\\U000e0041\\udc80"),
        ("\\x1b", "\\x1b"),
    ],
)
def test_one_line(text: str, expected: str) -> None:
    assert visible(text) == expected


def test_every_character_that_is_not_seen() -> None:
    for char in map(chr, range(0x110000)):
        if is_hidden(char):
            assert visible(char).isascii(), hex(ord(char))
            assert visible(char).isprintable()
        elif unicodedata.category(char) not in {"Mn", "Lo", "Cn"}:
            assert visible(char) == char, hex(ord(char))


@given(TEXTS)
def test_any_text(text: str) -> None:
    shown = visible(text)
    assert not any(map(is_hidden, shown))
    assert visible(shown) == shown
    assert visible_lines(text).count("\n") == text.count("\n")
    assert not any(is_hidden(char) for char in visible_lines(text) if char not in "\n\t")


@given(TEXTS)
def test_json_keeps_its_value(text: str) -> None:
    written = visible_json(json.dumps({"a": [text], text: 1}, indent=2, ensure_ascii=False))
    assert json.loads(written) == {"a": [text], text: 1}
    assert not any(is_hidden(char) for char in written if char != "\n")


HOSTILE = "\x1b[2J\u202e\u200bx\x9b31m\nfake: line"


def test_errors_are_clean() -> None:
    span = diagnose("E102", Text.of("", HOSTILE).span(), problem="p", suggestion="")
    for error in (
        TiercelError("E602", HOSTILE, hint="say\x1b"),
        ConfigError("E604", "text", span=span),
        CaptureError("E703", HOSTILE, name=HOSTILE, offset=3),
    ):
        assert not any(is_hidden(char) for char in str(error).replace("\n  hint", ""))


def test_diagnostics_are_clean() -> None:
    text = Text(f"a {HOSTILE} b".replace("\n", " "), Text.of(HOSTILE, HOSTILE)._origins[0], item=f'rule "{HOSTILE}"')
    found = diagnose("E102", text.span(), problem=HOSTILE, suggestion=HOSTILE)
    object.__setattr__(found, "notes", (Note(HOSTILE, HOSTILE, 1, 1),))
    lines = found.render().split("\n")
    assert len(lines) == 6
    assert not any(is_hidden(char) for line in lines for char in line)
    assert show(HOSTILE).isprintable()
