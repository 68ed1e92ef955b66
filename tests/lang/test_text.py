# SPDX-License-Identifier: Apache-2.0
"""Texts that remember their origin."""

from __future__ import annotations

from tiercel.lang.text import Anchor, Source, Text


def places(text: Text) -> list[tuple[str, int, int]]:
    return [(place.file, place.line, place.column) for place in map(text.place, range(len(text.value) + 1))]


def test_lines_end_with_any_newline() -> None:
    source = Source("f", "ab\ncd\r\ne\r\rf")
    found = [(source.place(at).line, source.place(at).column) for at in (0, 2, 3, 5, 7, 9, 10, 11)]
    assert found == [(1, 1), (1, 3), (2, 1), (2, 3), (3, 1), (4, 1), (5, 1), (5, 2)]
    assert [source.line(number, 1, 80) for number in range(1, 6)] == ["ab", "cd", "e", "", "f"]
    assert source.line_length(2) == 2
    assert source.line(1, 2, 5) == "b"


def test_joined_pieces_keep_their_places() -> None:
    first, second = Text.of("abc\nd", "one"), Text.of("xyz", "two")
    text = Text.join([*first.pieces(2, 5), (" ", Anchor(second.span(1, 2)), 0), *second.pieces()], "item")
    assert text.value == "c\nd xyz"
    assert text.item == "item"
    assert places(text) == [
        ("one", 1, 3),
        ("one", 1, 4),
        ("one", 2, 1),
        ("two", 1, 2),
        ("two", 1, 1),
        ("two", 1, 2),
        ("two", 1, 3),
        ("two", 1, 4),
    ]


def test_pieces_cross_borders() -> None:
    text = Text.join([*Text.of("ab", "one").pieces(), *Text.of("cd", "two").pieces()])
    again = Text.join(text.pieces(1, 3))
    assert again.value == "bc"
    assert places(again)[:2] == [("one", 1, 2), ("two", 1, 1)]


def test_nothing_joined_has_a_place() -> None:
    assert Text.join([]).place(0).line == 1
    assert Text.join([]).pieces() == []
