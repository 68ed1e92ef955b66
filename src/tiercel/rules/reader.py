# SPDX-License-Identifier: Apache-2.0
"""Typed reading of the keys of one item; every complaint about a key's form is made here."""

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
"""The largest number that a key takes."""

_PRIORITIES: Final = f"the priorities are {', '.join(Priority.__members__)}"
_MERGE: Final = "mappings are not merged in rule files: write the keys out"
_INTEGER: Final = re.compile(r"0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*")


def describe(node: Node | None) -> str:
    """Name the form of a node, for a text."""
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
    """Reads one mapping.  A method returns None after it has reported why there is no value.

    Attributes:
        item: how findings name the item.
        errors: how many have been reported for this item.
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
        """Say whether the key is given."""
        return key in self.map.pairs

    def check_keys(self, known: Collection[str], code: str = "W501") -> None:
        """Warn of keys that are unknown or given twice."""
        for name, (key, _) in self.map.pairs.items():
            if name not in known:
                hint = _MERGE if name == "<<" else suggest(name, known) or _beginning(name, known)
                self.warn(code, key.span, key=show(name), suggestion=hint)
        for key in self.map.repeated:
            self.warn("W511", key.span, key=show(key.value))

    def text(self, key: str, *, hint: str = "") -> Scalar | None:
        """Return the value of a required key, which is text and not empty."""
        node = self.map.get(key)
        if node is None:
            self.fail("E105", self.map.head, owner=self._owner or self.item, key=key, suggestion=hint)
            return None
        return self.scalar(node, key)

    def scalar(self, node: Node, key: str) -> Scalar | None:
        """Return a node as text that is not empty."""
        if not isinstance(node, Scalar):
            self.fail("E107", node.span, key=key, found=describe(node))
            return None
        if node.is_null or not node.value:
            self.fail("E106", self.map.key(key) if self.has(key) else node.span, key=key)
            return None
        return node

    def flag(self, key: str, default: bool) -> bool:
        """Return a key that is true or false."""
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
        """Return a key that is a whole number of 32 bits, not negative."""
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
        """Return the elements of an optional key that is a list of text; nothing if it is not given."""
        node = self.map.get(key)
        if node is None:
            return ()
        if not isinstance(node, Seq):
            self.fail("E108", self.map.key(key), key=key, found=describe(node))
            return ()
        return tuple(self.elements(node, key))

    def elements(self, node: Seq, key: str) -> Iterator[Scalar]:
        """Yield the elements of a list that are text, reporting the others."""
        found = (self.element(element, key) for element in node.items)
        return (element for element in found if element is not None)

    def element(self, node: Node, key: str, *, filled: bool = False) -> Scalar | None:
        """Return an element of a list as text, which has characters if it must be ``filled``."""
        if not isinstance(node, Scalar):
            self.fail("E149", node.span, key=key, found=describe(node))
        elif node.is_null or (filled and not node.value):
            hint = "remove it" if filled else 'remove it, or write `""` for a text without characters'
            self.fail("E148", node.span, key=key, suggestion=hint)
        else:
            return node
        return None

    def priority(self, key: str) -> Priority | None:
        """Return a required key that is a priority."""
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
    """Suggest a name that is the beginning of this one, or that this one is the beginning of."""
    close = next((other for other in known if len(name) > 2 and (name.startswith(other) or other.startswith(name))), "")
    return f"did you mean `{close}`?" if close else ""


def integer(text: str) -> int | None:
    """Return a whole number as C++ reads it: decimal, ``0x…`` or with a leading 0 octal; None if it is none."""
    text = text.removeprefix("+")
    if len(text) > 20 or not _INTEGER.fullmatch(text):
        return None
    return int(text, 16 if text[1:2] in {"x", "X"} else 8 if text[0] == "0" else 10)
