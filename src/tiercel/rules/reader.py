# SPDX-License-Identifier: Apache-2.0
"""Typed reader of the keys of one item; reports all errors in the form of a key."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final

from tiercel.lang.diagnostics import Report, show
from tiercel.lang.suggest import suggest
from tiercel.lang.text import Span
from tiercel.rules.model import Priority
from tiercel.rules.yamlfile import Map, Node, Scalar, Seq
from tiercel.schema.rulefile import FALSE, TRUE

__all__ = ["UINT32", "ItemReader", "describe"]

UINT32: Final = 0xFFFF_FFFF
"""Largest number in a key."""

_PRIORITIES: Final = f"the priorities are {', '.join(Priority.__members__)}"
_MERGE: Final = "mappings are not merged in rule files: write the keys out"
_INTEGER: Final = re.compile(r"0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*")


def describe(node: Node | None) -> str:
    """Return the name of a node's form, for messages."""
    match node:
        case Scalar() as scalar:
            return "empty" if scalar.is_null else f"the text `{show(scalar.value)}`"
        case Seq():
            return "a list"
        case Map():
            return "a mapping"
        case None:
            return "missing"


class ItemReader:
    """Reader of one mapping. A method without a result returns None after a report.

    Attributes:
        item: name of the item in findings.
        errors: number of reported errors of this item.
    """

    def __init__(self, mapping: Map, item: str, report: Report, owner: str = "") -> None:
        self.map = mapping
        self.item = item
        self._owner = owner
        self.report = report
        self.errors = 0

    def fail(self, code: str, span: Span, **values: object) -> None:
        """Report an error of this item."""
        self.errors += 1
        self.report.add(code, span, item=self.item, **values)

    def warn(self, code: str, span: Span, **values: object) -> None:
        """Report a warning of this item."""
        self.report.add(code, span, item=self.item, **values)

    def has(self, key: str) -> bool:
        """Return whether the key is present."""
        return key in self.map.pairs

    def check_keys(self, known: Collection[str], code: str = "W501") -> None:
        """Warn about unknown and repeated keys."""
        for name, (key, _) in self.map.pairs.items():
            if name not in known:
                hint = _MERGE if name == "<<" else suggest(name, known) or _beginning(name, known)
                self.warn(code, key.span, key=show(name), suggestion=hint)
        for key in self.map.repeated:
            self.warn("W511", key.span, key=show(key.value))

    def text(self, key: str, *, hint: str = "") -> Scalar | None:
        """Return the value of a required key with non-empty text."""
        node = self.map.get(key)
        if node is None:
            self.fail("E105", self.map.head, owner=self._owner or self.item, key=key, suggestion=hint)
            return None
        return self.scalar(node, key)

    def scalar(self, node: Node, key: str) -> Scalar | None:
        """Return a node as non-empty text."""
        if not isinstance(node, Scalar):
            self.fail("E107", node.span, key=key, found=describe(node))
            return None
        if node.is_null or not node.value:
            self.fail("E106", self.map.key(key) if self.has(key) else node.span, key=key)
            return None
        return node

    def flag(self, key: str, default: bool) -> bool:
        """Return the value of a boolean key."""
        node = self.map.get(key)
        if node is None:
            return default
        scalar = self.scalar(node, key)
        if scalar is None:
            return default
        if scalar.value in TRUE:
            return True
        if scalar.value not in FALSE:
            self.fail("E110", scalar.span, key=key, value=show(scalar.value))
        return False

    def number(self, key: str, default: int) -> int:
        """Return the value of a key with an unsigned integer of 32 bits."""
        node = self.map.get(key)
        if node is None:
            return default
        scalar = self.scalar(node, key)
        if scalar is None:
            return default
        value = integer(scalar.value)
        if value is None or value > UINT32:
            self.fail("E111", scalar.span, key=key, value=show(scalar.value))
            return default
        return value

    def texts(self, key: str) -> tuple[Scalar, ...]:
        """Return the elements of an optional key with a list of texts; empty if the key is missing."""
        node = self.map.get(key)
        if node is None:
            return ()
        if not isinstance(node, Seq):
            self.fail("E108", self.map.key(key), key=key, found=describe(node))
            return ()
        return tuple(self.elements(node, key))

    def elements(self, node: Seq, key: str) -> Iterator[Scalar]:
        """Yield the text elements of a list; report other elements."""
        found = (self.element(element, key) for element in node.items)
        return (element for element in found if element is not None)

    def element(self, node: Node, key: str, *, filled: bool = False) -> Scalar | None:
        """Return an element of a list as text, which must not be empty if ``filled`` is true."""
        if not isinstance(node, Scalar):
            self.fail("E149", node.span, key=key, found=describe(node))
        elif node.is_null or (filled and not node.value):
            hint = "remove it" if filled else 'remove it, or write `""` for a text without characters'
            self.fail("E148", node.span, key=key, suggestion=hint)
        else:
            return node
        return None

    def priority(self, key: str) -> Priority | None:
        """Return the value of a required key with a priority."""
        scalar = self.text(key, hint="add `priority: WARNING`, or another priority")
        if scalar is None:
            return None
        priority = Priority.parse(scalar.value)
        if priority is None:
            names = list(Priority.__members__)
            hint = suggest(scalar.value.upper(), names) or _beginning(scalar.value.upper(), names)
            self.fail("E109", scalar.span, value=show(scalar.value), suggestion=hint or _PRIORITIES)
        return priority


def _beginning(name: str, known: Collection[str]) -> str:
    """Suggest a name that is a prefix of this one, or that has this one as a prefix."""
    close = next((other for other in known if len(name) > 2 and (name.startswith(other) or other.startswith(name))), "")
    return f"did you mean `{close}`?" if close else ""


def integer(text: str) -> int | None:
    """Return an integer as C++ reads it: decimal, ``0x…``, or octal with a leading 0; None for other text."""
    text = text.removeprefix("+")
    if len(text) > 20 or not _INTEGER.fullmatch(text):
        return None
    return int(text, 16 if text[1:2] in {"x", "X"} else 8 if text[0] == "0" else 10)
