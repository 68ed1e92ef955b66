# SPDX-License-Identifier: Apache-2.0
"""What the compiler makes: one program for all rules, flat and immutable, that the core copies into C arrays.

A program is evaluated by following edges: each node holds one check and names the node to go on with when the check is
true and when it is false.  Edges point forward only, so that an evaluation ends.  Each event type has its own entries.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from socket import AF_INET, AF_INET6, inet_ntop
from typing import Final, TypeAlias

from tiercel.lang.printer import escape
from tiercel.schema.names import EVENT_BY_CODE, FIELD_BY_NAME, FieldRef
from tiercel.schema.operators import OPERATORS

__all__ = ["FALSE", "TRUE", "Check", "Entry", "Node", "Operand", "OutputField", "Program"]

TRUE: Final = -1
"""Edge: the rule matches."""

FALSE: Final = -2
"""Edge: the rule does not match."""

Operand: TypeAlias = "bytes | int | tuple[bytes, int]"
OutputField: TypeAlias = "tuple[str, int | str | None]"

_BY_SYMBOL: Final = {row.symbol: row for row in OPERATORS}


@dataclass(frozen=True, slots=True)
class Check:
    """One comparison.

    Attributes:
        field: name of the field.
        arg: its argument, or None.
        op: symbol of the operator.
        operand: values it is compared with: bytes for text and bytes, int for numbers and bools (1, 0), and
            ``(packed address, prefix length)`` for addresses and networks; none for ``exists``.
    """

    field: str
    arg: int | str | None
    op: str
    operand: tuple[Operand, ...]

    def __str__(self) -> str:
        name = FieldRef(FIELD_BY_NAME[self.field], self.arg)
        row = _BY_SYMBOL[self.op]
        if row.operand == "none":
            return f"{name} {row.name}"
        if name.field.type.kind == "bool":
            values = ["true" if value else "false" for value in self.operand]
        else:
            values = [_written(value) for value in self.operand]
        shown = f"({', '.join(values)})" if row.operand == "list" else " ".join(values)
        return f"{name} {row.name} {shown}"


@dataclass(frozen=True, slots=True)
class Node:
    """A check with the nodes that follow it: index into ``Program.nodes``, ``TRUE`` or ``FALSE``."""

    check: int
    on_true: int
    on_false: int


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a rule's condition begins for one event type.

    Attributes:
        rule: index into the rules that were compiled.
        root: first node, or ``TRUE`` if the event type alone decides.
        uses_path: some check on the way reads a path, so that requested and resolved may differ.
    """

    rule: int
    root: int
    uses_path: bool


@dataclass(frozen=True, slots=True)
class Program:
    """All rules.

    Attributes:
        rules: names, in matching order; entries and outputs refer to these by index.
        checks: every distinct comparison.
        nodes: in topological order.
        entries: by event code, in rule order; a code without entries is missing.
        outputs: for each rule, the fields that an alert of it captures.
        path_matching: ``both``, ``requested`` or ``resolved``.
    """

    rules: tuple[str, ...]
    checks: tuple[Check, ...]
    nodes: tuple[Node, ...]
    entries: Mapping[int, tuple[Entry, ...]]
    outputs: tuple[tuple[OutputField, ...], ...]
    path_matching: str = "both"

    @property
    def wanted(self) -> frozenset[int]:
        """Codes of the events that some rule can match."""
        return frozenset(self.entries)

    @property
    def fields(self) -> frozenset[OutputField]:
        """The fields that are compared or captured, with their arguments."""
        captured = {field for fields in self.outputs for field in fields}
        return frozenset(captured | {(check.field, check.arg) for check in self.checks})

    def dump(self) -> str:
        """Return the program as text: the entries of each event type, then each node once."""
        return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        for code, entries in sorted(self.entries.items(), key=lambda pair: EVENT_BY_CODE[pair[0]].name):
            yield f"{EVENT_BY_CODE[code].name}:"
            for entry in entries:
                paths = "  (paths)" if entry.uses_path else ""
                yield f"  {self.rules[entry.rule]} -> {_edge(entry.root)}{paths}"
        if self.nodes:
            yield "nodes:"
        width = len(str(len(self.nodes)))
        for number, node in enumerate(self.nodes):
            yes, no = _edge(node.on_true), _edge(node.on_false)
            yield f"  {number:>{width}}  {self.checks[node.check]}  ? {yes} : {no}"


def _edge(target: int) -> str:
    return {TRUE: "match", FALSE: "-"}.get(target, str(target))


def _written(value: Operand) -> str:
    if isinstance(value, bytes):
        return escape(value).decode("utf-8", "backslashreplace")
    if isinstance(value, int):
        return str(value)
    address, prefix = value
    text = inet_ntop(AF_INET if len(address) == 4 else AF_INET6, address)
    return f"{text}/{prefix}" if prefix != 8 * len(address) else text
