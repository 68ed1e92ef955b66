# SPDX-License-Identifier: Apache-2.0
"""Patterns in which only the star is special."""

from __future__ import annotations

import pytest

from tiercel.lang.wildcard import fits


@pytest.mark.parametrize(
    ("pattern", "text"),
    [("*", ""), ("", ""), ("a*c", "abbc"), ("a*", "a\nb"), ("[a]?", "[a]?"), ("*[!x]*", "1[!x]2"), ("\\*", "\\d")],
)
def test_fits(pattern: str, text: str) -> None:
    assert fits(text, pattern)


@pytest.mark.parametrize(
    ("pattern", "text"), [("", "a"), ("a", "A"), ("a", "ab"), ("?", "a"), ("[ab]", "a"), ("a*c", "ab")]
)
def test_does_not_fit(pattern: str, text: str) -> None:
    assert not fits(text, pattern)
