# SPDX-License-Identifier: Apache-2.0
"""Key ``override``: the keys of an item that are appended, and those that replace."""

from __future__ import annotations

from collections.abc import Iterator

from tiercel.lang.diagnostics import show
from tiercel.lang.suggest import suggest
from tiercel.lang.text import Span
from tiercel.rules.reader import ItemReader, describe
from tiercel.rules.yamlfile import Map, Node, Scalar
from tiercel.schema.rulefile import Item

__all__ = ["Override", "old_append", "read_override"]


class Override:
    """Operation by key, ``append`` or ``replace``; empty if the item has no ``override``."""

    def __init__(self, operations: dict[str, tuple[str, Span]]) -> None:
        self._operations = operations

    def get(self, key: str) -> str | None:
        """Return the operation on a key, or None."""
        return self._operations[key][0] if key in self._operations else None

    @property
    def operations(self) -> dict[str, str]:
        """Operation by key."""
        return {key: operation for key, (operation, _) in self._operations.items()}

    def span(self, key: str) -> Span:
        """Return the span of a key."""
        return self._operations[key][1]

    def __iter__(self) -> Iterator[str]:
        return iter(self._operations)

    def __contains__(self, key: str) -> bool:
        return key in self._operations

    def __len__(self) -> int:
        return len(self._operations)


def old_append(reader: ItemReader, key: str) -> bool:
    """Return whether an item has the older ``append: true``, with a warning; ``key`` is the key that it appends to."""
    if not reader.flag("append", default=False):
        return False
    hint = f"write `override:` with `{key}: append` below it"
    reader.warn("W508", reader.map.key("append"), what="the key `append`", suggestion=hint)
    return True


def read_override(reader: ItemReader, item: Item) -> Override:
    """Return the ``override`` of the item; report invalid keys and operations."""
    node = reader.map.get("override")
    if node is None:
        return Override({})
    if isinstance(node, Scalar):  # as in Falco, where it has no effect
        hint = f"name a key below it, `{min(item.appendable)}: append`"
        reader.warn("W530", reader.map.key("override"), found=describe(node), suggestion=hint)
        return Override({})
    if not isinstance(node, Map):
        reader.fail("E115", reader.map.key("override"), key="override", found=describe(node))
        return Override({})
    if old_append(reader, min(item.appendable)):
        hint = "remove `append: true`"
        reader.fail(
            "E116", reader.map.key("append"), key="append", verb="used together with `override`", suggestion=hint
        )
    for again in node.repeated:
        reader.warn("W511", again.span, key=show(again.value))
    operations: dict[str, tuple[str, Span]] = {}
    for key, (at, value) in node.pairs.items():
        operation = value.value if isinstance(value, Scalar) else ""
        if _allows(reader, item, at, value, operation):
            operations[key] = (operation, at.span)
    return Override(operations)


def _allows(reader: ItemReader, item: Item, at: Scalar, value: Node, operation: str) -> bool:
    """Return whether ``override`` can change a key; report an invalid operation."""
    key = at.value
    allowed = [word for word, keys in (("append", item.appendable), ("replace", item.replaceable)) if key in keys]
    if not allowed:
        hint = suggest(key, item.appendable | item.replaceable) or f"the keys are {', '.join(_changeable(item))}"
        reader.fail("E116", at.span, key=show(key), verb="changed by `override`", suggestion=hint)
    elif operation == "append" and "append" not in allowed:
        reader.fail("E116", at.span, key=key, verb="appended to", suggestion=f"write `{key}: replace`")
    elif operation not in allowed:
        words = " or ".join(f"`{key}: {word}`" for word in allowed)
        reader.fail("E117", value.span, key=key, value=show(operation) or describe(value), allowed=words)
    return bool(allowed)


def _changeable(item: Item) -> list[str]:
    return [key.name for key in item.keys if key.append or key.replace]
