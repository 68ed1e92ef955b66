# SPDX-License-Identifier: Apache-2.0
"""Literal parts of regular expressions: every text that fits one as a whole has them."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support.examples import examples
from support.naive_operators import compare
from support.plans import KINDS

from tiercel.compiler.planner.regex_literals import expression_keys


@pytest.mark.parametrize(
    ("pattern", "keys"),
    [
        (b"cat", [("exact", b"cat")]),
        (b"^cat$", [("exact", b"cat")]),
        (b"cat|sh", [("exact", b"cat"), ("exact", b"sh")]),
        (b"(ba|da)?sh", [("exact", b"bash"), ("exact", b"dash"), ("exact", b"sh")]),
        (b"/etc/.*", [("prefix", b"/etc/")]),
        (b".*[.]conf", [("suffix", b".conf")]),
        (b".*\\.conf", [("suffix", b".conf")]),
        (b".*pass.*", [("substring", b"pass")]),
        (b".*(nc|ncat) -.*", [("substring", b"nc -"), ("substring", b"ncat -")]),
        (b"ab+cde+", [("substring", b"cde")]),
        (b"ab{3}c*", [("prefix", b"abbb")]),
        (b"ab{2,}c", [("prefix", b"abb")]),
        (b"x(ab){0,2}", [("prefix", b"x")]),
        (b"[a-c]at", [("suffix", b"at")]),
        (b"[^/]+", []),
        (b".*", []),
        (b"(a.|b.)c", [("suffix", b"c")]),
        (b"", []),
        (b"a|.", []),
        (b"a?", []),
        (b"\\d", []),
        (b"(?i)abc", []),
        (b"a{", []),
        (b"a]", []),
        (b"*a", []),
        (b"(a", []),
        (b"a)", []),
        ("é*abc".encode(), [("suffix", b"abc")]),
        (b"[[:alpha:]]+x.*y", [("suffix", b"y")]),
        (b"[]x]abc", [("suffix", b"abc")]),
    ],
)
def test_keys(pattern: bytes, keys: list[tuple[str, bytes]]) -> None:
    assert list(expression_keys(pattern)) == keys


def test_too_many_texts_are_not_spelled_out() -> None:
    letters = b"(" + b"|".join(bytes([letter]) for letter in b"abcdefghijklmnopqrstuvwxyz") + b")"
    assert expression_keys(letters) == ()
    assert expression_keys(letters + b"xyz") == (("suffix", b"xyz"),)
    assert len(expression_keys(b"(a|b)(a|b)(a|b)(a|b)(a|b)")) == 16


TIMES = st.sampled_from(["", "", "", "*", "+", "?", "{2}", "{0,1}", "{1,}"])

# What each of these fits. Texts are made along with their expression: to look for some can take for ever.
FITTING = {"a": "a", "b": "b", "/": "/", ".": "ab/.é", "[ab]": "ab", "[^a]": "b/.é", "[.]": ".", "\\.": ".", "é": "é"}
COUNTS = {"": (1, 1), "*": (0, 3), "+": (1, 3), "?": (0, 1), "{2}": (2, 2), "{0,1}": (0, 1), "{1,}": (1, 3)}


@st.composite
def fitting(draw: st.DrawFn, levels: int) -> tuple[str, list[str]]:
    """An expression of alternatives, with more of them in parentheses, and three texts that fit."""
    choices = draw(st.lists(st.lists(repeated(levels), min_size=1, max_size=4), min_size=1, max_size=2))
    texts = []
    for _ in range(3):
        parts = draw(st.sampled_from(choices))
        texts.append("".join(draw(st.sampled_from(fits)) for _, fits in parts))
    return "|".join("".join(pattern for pattern, _ in parts) for parts in choices), texts


@st.composite
def repeated(draw: st.DrawFn, levels: int) -> tuple[str, list[str]]:
    """A part of an expression, which may be repeated, and three texts that fit."""
    pattern, once = draw(st.sampled_from(sorted((name, list(fits)) for name, fits in FITTING.items())))
    if levels and draw(st.integers(0, 3)) == 0:
        inner, once = draw(fitting(levels - 1))
        pattern = f"({inner})"
    times = draw(TIMES)
    counts = st.integers(*COUNTS[times])
    texts = ["".join(draw(st.sampled_from(once)) for _ in range(draw(counts))) for _ in range(3)]
    return pattern + times, texts


@st.composite
def around_a_word(draw: st.DrawFn) -> tuple[str, list[str]]:
    """An expression with a text that every text has that fits, and three of these."""
    word = draw(st.text("ab/", min_size=1, max_size=3))
    (before, heads), (after, tails) = draw(st.tuples(repeated(1), repeated(1)))
    return before + word + after, [head + word + tail for head, tail in zip(heads, tails, strict=True)]


@settings(max_examples=examples(100))
@given(fitting(2) | around_a_word())
def test_texts_made_to_fit_do(made: tuple[str, list[str]]) -> None:
    """Or the next test would look at texts of which nothing is promised."""
    pattern, texts = made
    assert all(compare("regex", text.encode(), pattern.encode()) for text in texts)


@settings(max_examples=examples(300))
@given(around_a_word())
def test_what_fits_has_a_key(made: tuple[str, list[str]]) -> None:
    """Examples without a key do not count, and too many of them are a failure."""
    pattern, texts = made
    keys = expression_keys(pattern.encode())
    assume(keys)
    for text in texts:
        assert any(KINDS[kind](text.encode(), key) for kind, key in keys), text


@settings(max_examples=examples(200))
@given(fitting(2))
def test_what_fits_any_expression_has_a_key_if_there_are_some(made: tuple[str, list[str]]) -> None:
    pattern, texts = made
    keys = expression_keys(pattern.encode())
    for text in texts if keys else []:
        assert any(KINDS[kind](text.encode(), key) for kind, key in keys), text
