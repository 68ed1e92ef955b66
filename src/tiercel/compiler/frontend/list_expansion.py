# SPDX-License-Identifier: Apache-2.0
"""Lists, pasted into the text of conditions before these are parsed.

This is Falco's way, and it shows: names are replaced wherever they stand between delimiters, even inside quotes, and an
item can be any piece of a condition.  Here every pasted character keeps its place in the list that it came from.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from typing import Final

from tiercel.lang.text import Anchor, Origin, Place, Span, Text
from tiercel.rules.model import ListDef

__all__ = ["MAX_PASTED", "MAX_PASTED_TOTAL", "Lists", "PastingError", "is_pasted", "is_word", "words"]

MAX_PASTED: Final = 16 << 20
"""Characters of one condition with its lists pasted in."""

MAX_PASTED_TOTAL: Final = 256 << 20
"""Characters of all conditions of one set."""

_WORD: Final = re.compile(r"[^ \t\n\r(),=]+")
_BLANKS: Final = " \t\n\r"


def is_word(name: str) -> bool:
    """Whether a list's name is one word; others are legal, though nobody should use them."""
    return _WORD.fullmatch(name) is not None


def words(text: str) -> frozenset[str]:
    """Return what stands between delimiters in a text: every list and macro name that it uses is among them."""
    return frozenset(_WORD.findall(text))


def is_pasted(span: Span) -> bool:
    """Whether the first character of a span comes out of a list."""
    return any(isinstance(origin, _Pasted) for _, origin, _ in span.text.pieces(span.start, span.start + 1))


class PastingError(Exception):
    """Lists that come to more text than is accepted.

    Attributes:
        span: the name of the list that is too much.
    """

    def __init__(self, span: Span) -> None:
        super().__init__()
        self.span = span


class Lists:
    """The lists of one stage, with what each comes to as text."""

    def __init__(self, lists: Mapping[str, ListDef]) -> None:
        self._lists = lists
        self._order = {name: number for number, name in enumerate(lists)}
        self._contents: dict[str, Text] = {}
        self._sizes: dict[str, int] = {}
        self._phrases = [
            (name, re.compile(rf"(?<![^ \t\n\r(),=]){re.escape(name)}(?![^ \t\n\r(),=])"))
            for name in lists
            if not is_word(name)
        ]
        self._pasted = 0

    @property
    def names(self) -> frozenset[str]:
        """Names of all lists."""
        return frozenset(self._order)

    def paste(self, text: Text) -> Text:
        """Return the text with every list name replaced by the list's items.

        Raises:
            PastingError: that would be too much text.
        """
        return self._paste(text, after=-1)

    def named_at(self, span: Span) -> tuple[Span, str] | None:
        """Return the name of the list that a span begins in, and what the list comes to; None for other spans."""
        anchors = (_use_of(origin) for _, origin, _ in span.text.pieces(span.start, span.start + 1))
        name = next((anchor.span for anchor in anchors if anchor is not None), None)
        if name is None or name.value not in self._contents:
            return None
        return name, self._contents[name.value].value

    def _paste(self, text: Text, after: int) -> Text:
        """Replace names of lists that come after a place in the order; earlier ones have had their turn."""
        value = text.value
        found = self._find(value, after)
        if not found:
            return text
        pieces: list[tuple[str, Origin, int]] = []
        at, size = 0, len(value)
        for match in found:
            content = self._content(match[0])
            size += len(content.value)
            self._pasted += len(content.value)
            if size > MAX_PASTED or self._pasted > MAX_PASTED_TOTAL:
                raise PastingError(text.span(*match.span()))
            start, end = _trim(value, *match.span())
            if not content.value.strip(_BLANKS):
                start, end = _take_comma(value, start, end, at)
            start = max(start, at)
            use = Anchor(text.span(*match.span()))
            if start > 0:
                pieces.extend(text.pieces(at, start))
                pieces.append((" ", use, 0))
            pieces.append((content.value, _Pasted(content, use), 0))
            pieces.append((" ", use, 0))
            at = end
        pieces.extend(text.pieces(at))
        return Text.join(pieces, text.item)

    def _find(self, value: str, after: int) -> list[re.Match[str]]:
        """Return where lists that come after a place in the order are named, from left to right."""
        order = self._order
        found = [match for match in _WORD.finditer(value) if order.get(match[0], -1) > after]
        phrases = [pattern for name, pattern in self._phrases if order[name] > after and name in value]
        if not phrases:
            return found
        found += [match for pattern in phrases for match in pattern.finditer(value)]
        taken: list[re.Match[str]] = []
        for match in sorted(found, key=lambda match: order[match[0]]):
            if not any(other.start() < match.end() and match.start() < other.end() for other in taken):
                taken.append(match)
        return sorted(taken, key=lambda match: match.start())

    def _content(self, name: str) -> Text:
        """Return the joined items of a list, with the lists that follow it in the order pasted in."""
        content = self._contents.get(name)
        if content is None:
            joined = _join(self._items(self._lists[name]))
            content = self._contents[name] = self._paste(joined, self._order[name])
        return content

    def _items(self, definition: ListDef) -> list[tuple[str, Origin]]:
        """Items with the lists among them that are visible replaced by their raw items, one level deep."""
        items: list[tuple[str, Origin]] = []
        size = 0
        for item in definition.items:
            other = self._lists.get(item.value)
            if other is None or other.index >= definition.visibility:
                items.append((item.value, item))
                continue
            size += self._size(other)
            if size > MAX_PASTED:
                raise PastingError(definition.span)
            items.extend((inner.value, inner) for inner in other.items)
        return items

    def _size(self, definition: ListDef) -> int:
        """Characters of a list's own items, with what stands between them."""
        size = self._sizes.get(definition.name)
        if size is None:
            size = self._sizes[definition.name] = sum(len(item.value) + 2 for item in definition.items)
        return size


class _Pasted:
    """Origin of a pasted list: an item has its own place, the commas between have that of the use."""

    __slots__ = ("_content", "use")

    def __init__(self, content: Text, use: Anchor) -> None:
        self._content = content
        self.use = use

    def place(self, offset: int) -> Place:
        if self._content.value[offset : offset + 1] in {"", ",", " "}:
            return self.use.place(0)
        return self._content.place(offset)


def _use_of(origin: Origin) -> Anchor | None:
    """Return where a list was named whose characters, or the blanks around them, these are."""
    return origin.use if isinstance(origin, _Pasted) else origin if isinstance(origin, Anchor) else None


class _Items:
    """Origin of joined items, found by offset."""

    __slots__ = ("_origins", "_starts")

    def __init__(self, starts: list[int], origins: list[Origin]) -> None:
        self._starts = starts
        self._origins = origins

    def place(self, offset: int) -> Place:
        index = max(bisect_right(self._starts, offset) - 1, 0)
        return self._origins[index].place(max(offset - self._starts[index], 0))


def _join(items: list[tuple[str, Origin]]) -> Text:
    """Join items with commas; one that contains a blank and no quote in front is put in quotes."""
    parts: list[str] = []
    starts: list[int] = []
    at = 0
    for value, _ in items:
        if " " in value and value[0] not in {"'", '"'}:
            parts.append(f'"{value}"')
            starts.append(at + 1)
        else:
            parts.append(value)
            starts.append(at)
        at += len(parts[-1]) + 2
    if not parts:
        return Text.of("")
    return Text(", ".join(parts), _Items(starts, [origin for _, origin in items]))


def _trim(value: str, start: int, end: int) -> tuple[int, int]:
    """Widen a range over the blanks around it."""
    while start > 0 and value[start - 1] in _BLANKS:
        start -= 1
    while end < len(value) and value[end] in _BLANKS:
        end += 1
    return start, end


def _take_comma(value: str, start: int, end: int, at: int) -> tuple[int, int]:
    """Widen a range over one comma next to it, for an empty list must leave none behind; before ``at`` all is gone."""
    if start > at and value[start - 1] == ",":
        return start - 1, end
    if end < len(value) and value[end] == ",":
        return start, end + 1
    return start, end
