# SPDX-License-Identifier: Apache-2.0
"""Text with the origin of each of its characters.

A condition is rarely contiguous in one file: YAML folds its lines, lists are expanded in it, and other files append to
it.  A :class:`Text` contains the joined characters and the origin of every piece, so that each offset has a line and
column in a source file.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from typing import NamedTuple, Protocol

from tiercel.frozen import frozen

__all__ = ["Anchor", "Origin", "Place", "Source", "Span", "Text"]

_LINE_END = re.compile(r"\r\n|\r|\n")


class Origin(Protocol):
    """Origin of characters: a file, a YAML scalar, an expanded list."""

    def place(self, offset: int) -> Place:
        """Return the place of the character at ``offset`` of this origin."""
        ...


class Source:
    """File, or a text in its place.

    Attributes:
        name: path, or a placeholder (``<text>``), for diagnostics.
        text: whole content.
    """

    __slots__ = ("_starts", "name", "text")

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self._starts: list[int] | None = None

    def place(self, offset: int) -> Place:
        starts = self._line_starts()
        line = bisect_right(starts, offset)
        return Place(self, line, offset - starts[line - 1] + 1)

    def line(self, number: int, column: int, length: int) -> str:
        """Return up to ``length`` characters of a line, starting at a column; both count from 1."""
        start = self._line_starts()[number - 1] + column - 1
        return self.text[start : start + min(length, self.line_length(number) - column + 1)]

    def line_length(self, number: int) -> int:
        """Return the number of characters of a line, without its end."""
        starts = self._line_starts()
        end = starts[number] if number < len(starts) else len(self.text)
        while end > starts[number - 1] and self.text[end - 1] in "\r\n":
            end -= 1
        return end - starts[number - 1]

    def _line_starts(self) -> list[int]:
        """Offsets of the lines' first characters; CR, LF and CR LF each end a line."""
        if self._starts is None:
            self._starts = [0, *(found.end() for found in _LINE_END.finditer(self.text))]
        return self._starts


@frozen
class Place:
    """Position of one character of a source; line and column count from 1."""

    source: Source
    line: int
    column: int

    @property
    def file(self) -> str:
        """Name of the source."""
        return self.source.name

    def to_dict(self) -> dict[str, str | int]:
        """Return the position as a dict for ``--json``."""
        return {"file": self.file, "line": self.line, "column": self.column}


class Text:
    """Characters and their origins.  Compared by identity.

    Attributes:
        value: the characters.
        item: name of the item with this text in diagnostics (``rule "x"``), or None.
    """

    __slots__ = ("_offsets", "_origins", "_starts", "item", "value")

    def __init__(self, value: str, origin: Origin, offset: int = 0, item: str | None = None) -> None:
        self.value = value
        self.item = item
        self._starts = [0]
        self._origins = [origin]
        self._offsets = [offset]

    @classmethod
    def of(cls, value: str, name: str = "<condition>") -> Text:
        """Return a text that is its own source."""
        return cls(value, Source(name, value))

    @classmethod
    def join(cls, pieces: Iterable[tuple[str, Origin, int]], item: str | None = None) -> Text:
        """Return the pieces, each ``(characters, origin, offset in the origin)``, as one text."""
        text = cls.__new__(cls)
        text.item = item
        text._starts, text._origins, text._offsets = [], [], []
        text._extend("", pieces)
        if not text.value:
            text._starts.append(0)
            text._origins.append(Source("<text>", ""))
            text._offsets.append(0)
        return text

    def plus(self, pieces: Iterable[tuple[str, Origin, int]]) -> Text:
        """Return this text and some pieces after it as one text."""
        if not self.value:
            return Text.join(pieces, self.item)
        text = Text.__new__(Text)
        text.item = self.item
        text._starts, text._origins, text._offsets = [*self._starts], [*self._origins], [*self._offsets]
        text._extend(self.value, pieces)
        return text

    def _extend(self, before: str, pieces: Iterable[tuple[str, Origin, int]]) -> None:
        """Add pieces to the characters before them."""
        parts, at = [before], len(before)
        for value, origin, offset in pieces:
            if value:
                self._starts.append(at)
                self._origins.append(origin)
                self._offsets.append(offset)
                parts.append(value)
                at += len(value)
        self.value = "".join(parts)

    def pieces(self, start: int = 0, end: int | None = None) -> list[tuple[str, Origin, int]]:
        """Return ``value[start:end]`` in the form that :meth:`join` takes."""
        end = len(self.value) if end is None else min(end, len(self.value))
        found: list[tuple[str, Origin, int]] = []
        index = bisect_right(self._starts, start) - 1
        while start < end:
            stop = self._starts[index + 1] if index + 1 < len(self._starts) else len(self.value)
            stop = min(stop, end)
            offset = self._offsets[index] + start - self._starts[index]
            found.append((self.value[start:stop], self._origins[index], offset))
            start = stop
            index += 1
        return found

    def place(self, offset: int) -> Place:
        """Return the place of the character at ``offset``; the end of the text has a place, too."""
        index = bisect_right(self._starts, offset) - 1
        return self._origins[index].place(self._offsets[index] + offset - self._starts[index])

    def span(self, start: int = 0, end: int | None = None) -> Span:
        """Return the characters from ``start`` to before ``end``."""
        return Span(self, start, len(self.value) if end is None else end)

    def __repr__(self) -> str:
        return f"Text({self.value!r})"


class Span(NamedTuple):
    """Characters ``start`` to before ``end`` of a text."""

    text: Text
    start: int
    end: int

    @property
    def value(self) -> str:
        """The characters."""
        return self.text.value[self.start : self.end]

    def to(self, other: Span) -> Span:
        """Return the span from this start to the other's end."""
        return Span(self.text, self.start, other.end)


class Anchor:
    """Origin of generated characters: all have the place of a span's start.

    Attributes:
        span: the span.
    """

    __slots__ = ("span",)

    def __init__(self, span: Span) -> None:
        self.span = span

    def place(self, _offset: int) -> Place:
        """Return the place of the span's first character."""
        return self.span.text.place(self.span.start)
