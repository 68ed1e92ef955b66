# SPDX-License-Identifier: Apache-2.0
"""YAML parser that returns nodes with source positions.

YAML determines the structure only: every scalar stays text, as in Falco (``yes``, ``0755``, ``=`` are words). The tree
is built from PyYAML's events, not by its composer. So this module limits nesting, an alias is a reference and never a
copy, and the first of repeated keys counts.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import Final, TypeAlias

import yaml

from tiercel.frozen import frozen
from tiercel.lang.diagnostics import Report, show
from tiercel.lang.text import Place, Source, Span, Text

__all__ = [
    "MAX_DEPTH",
    "MAX_NODES",
    "MAX_SCALAR",
    "Map",
    "Node",
    "Scalar",
    "Seq",
    "is_null",
    "read_beginning",
    "read_documents",
]

MAX_DEPTH: Final = 20
"""Limit of levels of lists and mappings; a rule file needs six."""

MAX_SCALAR: Final = 1 << 20
"""Limit of characters in one value."""

_LOADER: Final = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_PROPERTIES: Final = re.compile(r"(?:[&!]\S*(?:\s+(?:#[^\r\n]*)?)*)*")
MAX_NODES: Final = 500_000
"""Limit of values, lists and mappings in one file; each end of a list or mapping counts, too."""

_LARGEST: Final = 1 << 40  # saturated size: too large

# Falco's YAML library accepts these characters. PyYAML refuses many, and treats some as line ends, so it gets private
# characters in their place.
_STRANGE: Final = "".join(map(chr, [*range(1, 9), 11, 12, *range(14, 32), *range(127, 160), 0x2028, 0x2029, 0xFEFF]))
_SHOW: Final = {ord(char): 0x100000 + ord(char) for char in _STRANGE}
_HIDE: Final = {shown: char for char, shown in _SHOW.items()}
_HIDDEN: Final = re.compile(f"[{re.escape(_STRANGE)}]")
_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})


class Scalar:
    """One value, as text; the origin of its characters.

    Attributes:
        value: characters without quotes, escapes, folds and indentation.
        is_null: the source is empty, ``~`` or ``null``.
    """

    __slots__ = ("_end", "_map", "_source", "_start", "_style", "value")

    size: Final = 1
    height: Final = 0

    def __init__(self, value: str, source: Source, start: int, end: int, style: str | None) -> None:
        self.value = value
        self._source = source
        self._start = start
        self._end = end
        self._style = style or ""
        self._map: tuple[list[int], list[int]] | None = None

    @property
    def is_null(self) -> bool:
        return not self._style and self.value in _NULLS

    def text(self, item: str | None = None) -> Text:
        """Return the characters with their positions, as part of an item."""
        return Text(self.value, self, item=item)

    @property
    def span(self) -> Span:
        """The whole value."""
        return self.text().span()

    def place(self, offset: int) -> Place:
        """Return the position in the file of the character at ``offset`` of the value.

        Folding and indentation change blanks only. So the n-th other character of the value is the n-th other character
        of the source. The position of a blank follows the character before it.
        """
        if self._map is None:
            self._map = self._align()
        in_value, in_source = self._map
        if not in_value:
            return self._source.place(self._start)
        index = bisect_left(in_value, offset)
        if index < len(in_value) and in_value[index] == offset:
            return self._source.place(in_source[index])
        if index == 0:
            return self._source.place(in_source[0])
        return self._source.place(in_source[index - 1] + 1)

    def _align(self) -> tuple[list[int], list[int]]:
        """Offsets of the non-blank characters: in the value, and in the source."""
        in_value = [at for at, char in enumerate(self.value) if not char.isspace()]
        written = _written_double if self._style == '"' else _written_single if self._style == "'" else _written_plain
        in_source = list(written(self._source.text, self._start, self._end, bool(self._style)))
        if len(in_source) < len(in_value):  # an unknown form: the start is better than a wrong position
            in_source += [self._start] * (len(in_value) - len(in_source))
        return in_value, in_source

    def __repr__(self) -> str:
        return f"Scalar({self.value!r})"


@frozen
class Seq:
    """A list.

    Attributes:
        size: number of values; the target of an alias counts each time.
        height: levels of lists and mappings, with the targets of aliases.
    """

    items: tuple[Node, ...]
    span: Span
    size: int = 1
    height: int = 1


@frozen
class Map:
    """A mapping with text keys, in file order.

    Attributes:
        repeated: second and further uses of a key.
        odd: keys that are not text.
        size: as for a list.
        height: as for a list.
    """

    pairs: dict[str, tuple[Scalar, Node]]
    repeated: tuple[Scalar, ...]
    span: Span
    odd: tuple[Node, ...] = ()
    size: int = 1
    height: int = 1

    def get(self, key: str) -> Node | None:
        """Return the value of a key, or None."""
        pair = self.pairs.get(key)
        return None if pair is None else pair[1]

    def key(self, key: str) -> Span:
        """Return the span of an existing key."""
        return self.pairs[key][0].span

    @property
    def head(self) -> Span:
        """Span of the first key, or of the whole mapping if it has none."""
        first = next(iter(self.pairs.values()), None)
        return self.span if first is None else first[0].span


Node: TypeAlias = "Scalar | Seq | Map"


def is_null(node: Node) -> bool:
    """Return whether the source of a node is empty, ``~`` or ``null``."""
    return isinstance(node, Scalar) and node.is_null


def read_documents(source: Source, report: Report) -> list[Node] | None:
    """Return the non-null documents of a file, or None after a report of E101, E112 or E113."""
    documents, complete = read_beginning(source, report)
    return documents if complete else None


def read_beginning(source: Source, report: Report) -> tuple[list[Node], bool]:
    """Return the documents of a file up to the first YAML error, and whether there was no error.

    The complete elements of an incomplete list are the last document.
    """
    builder = _Builder(source, report)
    complete = _build(builder, source, report)
    return (builder.documents if complete else [*builder.documents, *builder.beginning()]), complete


def _build(builder: _Builder, source: Source, report: Report) -> bool:
    """Read a file; return False after a report of the problem that ends it."""
    try:
        text = source.text.translate(_SHOW) if builder.strange else source.text
        for number, event in enumerate(yaml.parse(text, Loader=_LOADER)):
            if not (builder.take(event) if number < MAX_NODES else builder.take_no_more(event)):
                return False
    except UnicodeEncodeError as error:
        report.add("E101", _at(builder.text, error.start), problem="half of a surrogate pair", suggestion="remove it")
        return False
    except yaml.MarkedYAMLError as error:
        at, problem, hint = _yaml_problem(error)
        report.add("E101", _at(builder.text, min(at, len(source.text))), problem=show(problem), suggestion=hint)
        return False
    except yaml.reader.ReaderError as error:
        at = min(error.position or 0, len(source.text))
        report.add(
            "E101",
            _at(builder.text, at),
            problem="a character that no text holds",
            suggestion="remove it, or write it as an escape",
        )
        return False
    return True


class _Builder:
    """Builder of nodes from events, with a stack of open collections."""

    def __init__(self, source: Source, report: Report) -> None:
        self.source = source
        self.text = Text(source.text, source)
        self.report = report
        self.strange = _HIDDEN.search(source.text) is not None
        self.documents: list[Node] = []
        self.anchors: dict[str, Node | None] = {}
        self.open: list[tuple[yaml.Event, list[Node], str | None]] = []

    def take(self, event: yaml.Event) -> bool:
        """Process one event; return False after a problem that ends the file."""
        start, end = _range(event)
        match event:
            case yaml.ScalarEvent():
                if len(event.value) > MAX_SCALAR:
                    return self._too_large(start, "the value", f"{len(event.value):,} characters", f"{MAX_SCALAR:,}")
                if event.anchor or event.tag:
                    start = _behind_properties(self.source.text, start)
                text = event.value.translate(_HIDE) if self.strange else event.value
                self._add(Scalar(text, self.source, start, end, event.style), event.anchor)
            case yaml.CollectionStartEvent():
                if len(self.open) >= MAX_DEPTH:
                    return self._too_large(start, "the nesting", f"more than {MAX_DEPTH} levels", f"{MAX_DEPTH}")
                if event.anchor:
                    self.anchors[event.anchor] = None
                self.open.append((event, [], event.anchor))
            case yaml.CollectionEndEvent():
                self._close(end)
            case yaml.AliasEvent():
                return self._alias(event.anchor or "", self.text.span(start, end))
            case yaml.DocumentStartEvent():
                self.anchors = {}
        return True

    def beginning(self) -> list[Node]:
        """Return the complete elements of the outermost open list, as a list.

        If the error is in the list itself, its last element may be cut off.
        """
        if not self.open or not isinstance(self.open[0][0], yaml.SequenceStartEvent):
            return []
        begin, nodes, _ = self.open[0]
        start = _range(begin)[0]
        return [Seq(tuple(nodes[:-1] if len(self.open) == 1 else nodes), self.text.span(start, start + 1))]

    def _close(self, end: int) -> None:
        begin, nodes, anchor = self.open.pop()
        start = _range(begin)[0]
        span = self.text.span(start, max(end, start + 1))
        size = min(1 + sum(node.size for node in nodes), _LARGEST)
        height = 1 + max((node.height for node in nodes), default=0)
        if isinstance(begin, yaml.SequenceStartEvent):
            self._add(Seq(tuple(nodes), span, size, height), anchor)
        else:
            self._add(_map(nodes, span, size, height), anchor)

    def _alias(self, name: str, span: Span) -> bool:
        if name not in self.anchors:
            self.report.add("E101", span, problem=f"there is no anchor `&{show(name)}`", suggestion="")
            return False
        node = self.anchors[name]
        if node is None:
            self.report.add("E113", span, name=show(name))
            return False
        self._add(node, None)
        return True

    def _add(self, node: Node, anchor: str | None) -> None:
        if anchor:
            self.anchors[anchor] = node
        if self.open:
            self.open[-1][1].append(node)
        elif not is_null(node):
            self.documents.append(node)

    def take_no_more(self, event: yaml.Event) -> bool:
        """Refuse the event beyond the limit and all events before it, since their compilation would take too long."""
        self.documents.clear()
        self.open.clear()
        return self._too_large(_range(event)[0], "the file", f"more than {MAX_NODES:,} values", f"{MAX_NODES:,}")

    def _too_large(self, start: int, what: str, size: str, limit: str) -> bool:
        self.report.add("E112", _at(self.text, start), what=what, size=size, limit=limit)
        return False


def _range(event: yaml.Event) -> tuple[int, int]:
    start, end = event.start_mark, event.end_mark
    return start.index if start is not None else 0, end.index if end is not None else 0


def _behind_properties(text: str, start: int) -> int:
    """Return the start of the value after an anchor or tag at ``start``."""
    found = _PROPERTIES.match(text, start)
    return found.end() if found else start


def _map(nodes: list[Node], span: Span, size: int, height: int) -> Map:
    pairs: dict[str, tuple[Scalar, Node]] = {}
    repeated: list[Scalar] = []
    odd: list[Node] = []
    for key, value in zip(nodes[::2], nodes[1::2], strict=True):
        if not isinstance(key, Scalar):
            odd.append(key)  # rule files have no lists or mappings as keys; Falco ignores such pairs, too
        elif key.value in pairs:
            repeated.append(key)
        else:
            pairs[key.value] = (key, value)
    return Map(pairs, tuple(repeated), span, tuple(odd), size, height)


def _at(text: Text, offset: int) -> Span:
    return text.span(offset, min(offset + 1, len(text.value)))


def _yaml_problem(error: yaml.MarkedYAMLError) -> tuple[int, str, str]:
    """Return the span, the text and the hint of an error."""
    mark, start = error.problem_mark or error.context_mark, error.context_mark
    problem = error.problem or error.context or "it ends too early"
    if mark is not None and start is not None and start.line < mark.line:
        for words, what, hint in _YAML_UNCLOSED:
            if words in (error.context or ""):
                return start.index, f"the {what} that begins here has no end", hint
    hints = (hint for words, hint in _YAML_HINTS if words in problem)
    return mark.index if mark is not None else 0, problem, next(hints, "")


_YAML_UNCLOSED: Final = (
    ("flow sequence", "list", "close it with `]`"),
    ("flow mapping", "mapping", "close it with `}`"),
    ("quoted scalar", "quoted value", "close it with the same quote"),
)


_YAML_HINTS: Final = (
    ("mapping values are not allowed", "put a value that contains `: ` in quotes, or use `>` and a new line"),
    ("cannot start any token", "put the value in quotes"),
    ("found character '\\t'", "indent with blanks, not with tabs"),
    ("tab character", "indent with blanks, not with tabs"),
    ("expected ',' or ']'", "close the list with `]`"),
    ("flow sequence", "close the list with `]`"),
    ("flow mapping", "close the mapping with `}`"),
    ("quoted scalar", "close the quoted value"),
    ("could not find expected ':'", "each line of an item is `key: value`"),
    ("expected <block end>", "the keys of one item stand below each other, with the same indentation"),
    ("did not find expected key", "the keys of one item stand below each other, with the same indentation"),
    (
        "did not find expected '-' indicator",
        "items begin with `- ` in one column, and their keys stand in one column too",
    ),
)


# -- source positions of the characters of a value ---------------------------------------------------------------------


def _written_plain(source: str, start: int, end: int, block: bool) -> Iterator[int]:
    """Return the offsets of the characters of a plain scalar, or of a literal or folded one with a header line."""
    if block:
        newline = source.find("\n", start, end)
        carriage = source.find("\r", start, end)
        start = min((at for at in (newline, carriage) if at >= 0), default=end)
    return (at for at in range(start, end) if not source[at].isspace())


def _written_single(source: str, start: int, end: int, _block: bool) -> Iterator[int]:
    """Yield the offsets of the characters between single quotes; two quotes are one."""
    at = start + 1
    while at < end - 1:
        if not source[at].isspace():
            yield at
            at += source[at] == "'"
        at += 1


def _written_double(source: str, start: int, end: int, _block: bool) -> Iterator[int]:
    """Yield the offsets of the characters between double quotes; an escape is one character, or an ignored blank."""
    at = start + 1
    while at < end - 1:
        char = source[at]
        if char == "\\":
            kind = source[at + 1]
            width = 2 + {"x": 2, "u": 4, "U": 8}.get(kind, 0)
            if not _escapes_blank(kind, source[at + 2 : at + width]):
                yield at
            at += width
            continue
        if not char.isspace():
            yield at
        at += 1


def _escapes_blank(kind: str, digits: str) -> bool:
    if digits:
        return chr(int(digits, 16)).isspace()
    return kind.isspace() or kind in "tnvfr N_LP" or kind in "\t"
