# SPDX-License-Identifier: Apache-2.0
"""Collection of the definitions so far, with the operations of rule file items."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection as AnyOf
from collections.abc import Mapping
from typing import Any, Final

from tiercel.frozen import replace
from tiercel.lang.diagnostics import show
from tiercel.lang.suggest import suggest
from tiercel.lang.text import Anchor, Span, Text
from tiercel.rules.model import Change, ListDef, MacroDef, Rule, Stage
from tiercel.rules.reader import ItemReader
from tiercel.rules.yamlfile import Scalar

__all__ = ["MAX_CHANGES", "MAX_ITEMS", "Collection"]

MAX_CHANGES: Final = 10_000
"""Limit of changes of one list, macro or rule."""

MAX_ITEMS: Final = 250_000
"""Limit of items in one list; a condition that contains the list takes about a KB for each."""

_REDEFINE: Final = "define it first; files are read in order"


class Collection:
    """Lists, macros and rules by name, in the order of their first definition.

    Attributes:
        sources: names of the existing event sources.
        lists: lists by name.
        macros: macros by name.
        rules: rules by name, including rules of unknown sources.
        changed: names that the current file defined or changed.
        broken: names of items that could not be read.
        history: changes by items, in file order.
    """

    def __init__(self, sources: AnyOf[str]) -> None:
        self.sources = frozenset(sources)
        self.lists: dict[str, ListDef] = {}
        self.macros: dict[str, MacroDef] = {}
        self.rules: dict[str, Rule] = {}
        self.changed: set[str] = set()
        self.broken: set[str] = set()
        self.history: list[Change] = []
        self._count = 0
        self._changes: Counter[tuple[str, str]] = Counter()

    def stage(self, file: str, *, complete: bool) -> Stage:
        """Return the current definitions, and start a new file."""
        changed, self.changed = frozenset(self.changed), set()
        return Stage(
            file, dict(self.lists), dict(self.macros), dict(self.rules), changed, frozenset(self.broken), complete
        )

    def _next(self, name: str) -> int:
        self.changed.add(name)
        self.broken.discard(name)
        self._count += 1
        return self._count

    def _defined(self, kind: str, name: str, old: object, span: Span) -> None:
        self.history.append(Change(kind, name, "defines" if old is None else "redefines", {}, span))

    # -- lists and macros ----------------------------------------------------------------------------------------

    def define_list(self, name: str, items: tuple[Scalar, ...], reader: ItemReader, span: Span) -> None:
        """Define a list, or replace it at the same index."""
        if _too_long(len(items), reader, span):
            self.broken.add(name)
            return
        number = self._next(name)
        old = self.lists.get(name)
        self.lists[name] = ListDef(name, items, old.index if old else number, number, span)
        self._defined("list", name, old, span)

    def append_list(self, name: str, items: tuple[Scalar, ...], reader: ItemReader, span: Span) -> None:
        """Append items to an existing list."""
        old = self.lists.get(name)
        if old is None:
            self._unknown("list", name, "append to", reader, span, self.lists)
            return
        if self._changed_often("list", name, reader, span) or _too_long(len(old.items) + len(items), reader, span):
            return
        self.lists[name] = replace(old, items=old.items + items, visibility=self._next(name))
        self.history.append(Change("list", name, "changes", {"items": "append"}, span))

    def define_macro(self, name: str, condition: Text, span: Span) -> None:
        """Define a macro, or replace it at the same index."""
        number = self._next(name)
        old = self.macros.get(name)
        self.macros[name] = MacroDef(name, condition, old.index if old else number, number, span)
        self._defined("macro", name, old, span)

    def append_macro(self, name: str, condition: Text, reader: ItemReader, span: Span) -> None:
        """Append to the condition of an existing macro."""
        old = self.macros.get(name)
        if old is None:
            self._unknown("macro", name, "append to", reader, span, self.macros)
            return
        if self._changed_often("macro", name, reader, span):
            return
        joined = join(old.condition, condition, span)
        self.macros[name] = replace(old, condition=joined, visibility=self._next(name))
        self.history.append(Change("macro", name, "changes", {"condition": "append"}, span))

    # -- rules ---------------------------------------------------------------------------------------------------

    def define_rule(self, rule: Rule, reader: ItemReader) -> None:
        """Define a rule, or replace it at the same index; the source cannot change."""
        old = self.rules.get(rule.name)
        if old is not None and not self.same_source(old, rule.source, reader, rule.span):
            return
        number = self._next(rule.name)
        self.rules[rule.name] = replace(rule, index=old.index if old else number, visibility=number)
        self._defined("rule", rule.name, old, rule.span)

    def change_rule(self, rule: Rule, keys: Mapping[str, str], span: Span, **values: Any) -> None:
        """Change some values of an existing rule.

        Args:
            rule: the current rule.
            keys: operation on each key: ``append`` or ``replace``.
            span: name in the item that makes the change.
            values: the new values, by attribute.
        """
        self.rules[rule.name] = replace(rule, visibility=self._next(rule.name), **values)
        self.history.append(Change("rule", rule.name, "changes", keys, span))

    def find_rule(self, name: str, verb: str, reader: ItemReader, span: Span) -> Rule | None:
        """Return the rule that an item changes, or None after a report that it does not exist."""
        rule = self.rules.get(name)
        if rule is None:
            self._unknown("rule", name, verb, reader, span, self.rules)
        elif self._changed_often("rule", name, reader, span):
            return None
        return rule

    def same_source(self, old: Rule, source: str, reader: ItemReader, span: Span) -> bool:
        """Report a rule that changes its source."""
        if source and source != old.source:
            reader.fail("E220", span, was=show(old.source))
            return False
        return True

    def _changed_often(self, kind: str, name: str, reader: ItemReader, span: Span) -> bool:
        """Count a change of an item, and report an excess: each change costs more than the previous one."""
        self._changes[kind, name] += 1
        if self._changes[kind, name] <= MAX_CHANGES:
            return False
        size = f"more than {MAX_CHANGES:,} changes of it"
        reader.fail("E112", span, what=f"the {kind}", size=size, limit=f"{MAX_CHANGES:,}")
        return True

    def _unknown(self, kind: str, name: str, verb: str, reader: ItemReader, span: Span, known: dict[str, Any]) -> None:
        if name in self.broken:  # its own error is already reported
            reader.errors += 1
            return
        reader.fail("E221", span, kind=kind, name=show(name), verb=verb, suggestion=suggest(name, known) or _REDEFINE)


def _too_long(count: int, reader: ItemReader, span: Span) -> bool:
    """Report a list with too many items."""
    if count <= MAX_ITEMS:
        return False
    reader.fail("E112", span, what="the list", size=f"{count:,} items", limit=f"{MAX_ITEMS:,}")
    return True


def join(first: Text, second: Text, where: Span) -> Text:
    """Return two texts joined by a blank."""
    return first.plus([(" ", Anchor(where), 0), *second.pieces()])
