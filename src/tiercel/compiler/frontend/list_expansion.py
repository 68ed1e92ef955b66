# SPDX-License-Identifier: Apache-2.0
"""Textual expansion of lists in conditions, before these are parsed.

As in Falco, names are replaced wherever they stand between delimiters, even inside quotes, and an item can be any piece
of a condition. Every expanded character keeps its place in the list that it came from.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from typing import Final

from tiercel.lang.text import Anchor, Origin, Place, Span, Text
from tiercel.rules.model import ListDef

__all__ = ["MAX_EXPANDED", "MAX_EXPANDED_TOTAL", "ListExpansionError", "Lists", "is_from_list", "is_word", "words"]

MAX_EXPANDED: Final = 16 << 20
"""Limit of one condition with its lists expanded, characters."""

MAX_EXPANDED_TOTAL: Final = 256 << 20
"""Limit of all expanded conditions of one set, characters."""

_WORD: Final = re.compile(r"[^ \t\n\r(),=]+")
_BLANKS: Final = " \t\n\r"


def is_word(name: str) -> bool:
    """Return whether a list's name is one word; other names are legal but discouraged."""
    return _WORD.fullmatch(name) is not None


def words(text: str) -> frozenset[str]:
    """Return the words of a text between delimiters; they include every list and macro name that it uses."""
    return frozenset(_WORD.findall(text))


def is_from_list(span: Span) -> bool:
    """Return whether the first character of a span comes from a list."""
    return any(isinstance(origin, _Expanded) for _, origin, _ in span.text.pieces(span.start, span.start + 1))


class ListExpansionError(Exception):
    """Expanded text beyond the limit.

    Attributes:
        span: the list name whose expansion exceeds the limit.
    """

    def __init__(self, span: Span) -> None:
        super().__init__()
        self.span = span


class Lists:
    """Lists of one stage, with their expanded text."""

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
        self._expanded = 0

    @property
    def names(self) -> frozenset[str]:
        """Names of all lists."""
        return frozenset(self._order)

    def expand(self, text: Text) -> Text:
        """Return the text with every list name replaced by its items.

        Raises:
            ListExpansionError: the expanded text exceeds a limit.
        """
        return self._expand(text, after=-1)

    def named_at(self, span: Span) -> tuple[Span, str] | None:
        """Return the name and the text of the list in which a span begins; None for other spans."""
        anchors = (_use_of(origin) for _, origin, _ in span.text.pieces(span.start, span.start + 1))
        name = next((anchor.span for anchor in anchors if anchor is not None), None)
        if name is None or name.value not in self._contents:
            return None
        return name, self._contents[name.value].value

    def _expand(self, text: Text, after: int) -> Text:
        """Replace names of lists after a place in the order; earlier lists are replaced already."""
        value = text.value
        found = self._find(value, after)
        if not found:
            return text
        pieces: list[tuple[str, Origin, int]] = []
        at, size = 0, len(value)
        for match in found:
            content = self._content(match[0])
            size += len(content.value)
            self._expanded += len(content.value)
            if size > MAX_EXPANDED or self._expanded > MAX_EXPANDED_TOTAL:
                raise ListExpansionError(text.span(*match.span()))
            start, end = _trim(value, *match.span())
            if not content.value.strip(_BLANKS):
                start, end = _take_comma(value, start, end, at)
            start = max(start, at)
            use = Anchor(text.span(*match.span()))
            if start > 0:
                pieces.extend(text.pieces(at, start))
                pieces.append((" ", use, 0))
            pieces.append((content.value, _Expanded(content, use), 0))
            pieces.append((" ", use, 0))
            at = end
        pieces.extend(text.pieces(at))
        return Text.join(pieces, text.item)

    def _find(self, value: str, after: int) -> list[re.Match[str]]:
        """Return the uses of lists after a place in the order, from left to right."""
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
        """Return the joined items of a list, with the lists after it in the order expanded."""
        content = self._contents.get(name)
        if content is None:
            joined = _join(self._items(self._lists[name]))
            content = self._contents[name] = self._expand(joined, self._order[name])
        return content

    def _items(self, definition: ListDef) -> list[tuple[str, Origin]]:
        """Return the items, with visible lists among them replaced by their raw items, one level deep."""
        items: list[tuple[str, Origin]] = []
        size = 0
        for item in definition.items:
            other = self._lists.get(item.value)
            if other is None or other.index >= definition.visibility:
                items.append((item.value, item))
                continue
            size += self._size(other)
            if size > MAX_EXPANDED:
                raise ListExpansionError(definition.span)
            items.extend((inner.value, inner) for inner in other.items)
        return items

    def _size(self, definition: ListDef) -> int:
        """Return the characters of a list's own items, with separators."""
        size = self._sizes.get(definition.name)
        if size is None:
            size = self._sizes[definition.name] = sum(len(item.value) + 2 for item in definition.items)
        return size


class _Expanded:
    """Origin of an expanded list: items have their own place, separators have the place of the use."""

    __slots__ = ("_content", "use")

    def __init__(self, content: Text, use: Anchor) -> None:
        self._content = content
        self.use = use

    def place(self, offset: int) -> Place:
        if self._content.value[offset : offset + 1] in {"", ",", " "}:
            return self.use.place(0)
        return self._content.place(offset)


def _use_of(origin: Origin) -> Anchor | None:
    """Return the use of the list to which these characters, or the blanks around them, belong."""
    return origin.use if isinstance(origin, _Expanded) else origin if isinstance(origin, Anchor) else None


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
    """Join items with commas; quote an item that contains a blank and does not start with a quote."""
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
    """Widen a range over one comma next to it, for an empty list; text before ``at`` is already consumed."""
    if start > at and value[start - 1] == ",":
        return start - 1, end
    if end < len(value) and value[end] == ",":
        return start, end + 1
    return start, end
