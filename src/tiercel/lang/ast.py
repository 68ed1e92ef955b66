# SPDX-License-Identifier: Apache-2.0
"""Syntax tree of a condition: names are not resolved, operands have no type yet.

Nodes are frozen and compare by content; the span, the position of a node in the source, is not compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Generic, TypeAlias, TypeVar

from tiercel.frozen import field, frozen
from tiercel.lang.text import Span

__all__ = [
    "And",
    "Call",
    "Check",
    "Cond",
    "FieldName",
    "ListValue",
    "MacroName",
    "Not",
    "Operand",
    "Or",
    "Value",
    "leaves",
]


# The type of the trees that a junction joins: the compiler builds trees with other leaves from the same junctions.
_Tree_co = TypeVar("_Tree_co", covariant=True)


@frozen
class Value:
    """Constant.  ``data`` is its value: quotes removed, escapes replaced."""

    data: bytes
    span: Span = field(compare=False, repr=False)

    @property
    def text(self) -> str:
        """The constant as text; bytes that are not UTF-8 become lone surrogates."""
        return self.data.decode("utf-8", "surrogateescape")


@frozen
class ListValue:
    """Constants in parentheses."""

    items: tuple[Value, ...]
    span: Span = field(compare=False, repr=False)


@frozen
class FieldName:
    """``name`` or ``name[arg]``; ``name`` may still contain a dotted argument (``evt.arg.path``)."""

    name: str
    arg: str | None
    span: Span = field(compare=False, repr=False)


@frozen
class Call:
    """Transformer: ``tolower(proc.name)``, ``val(proc.pname)``.  ``args`` may contain lists."""

    name: str
    args: tuple[Operand | CallList, ...]
    arg: str | None
    span: Span = field(compare=False, repr=False)


@frozen
class CallList:
    """List inside a transformer's arguments; unlike :class:`ListValue` it may contain fields."""

    items: tuple[Operand, ...]
    span: Span = field(compare=False, repr=False)


@frozen
class Check:
    """``left op right``.  ``right`` is None for ``exists``; ``modifier`` is ``oneof``, ``anyof``, ``allof`` or None."""

    left: FieldName | Call
    op: str
    modifier: str | None
    right: Operand | ListValue | None
    span: Span = field(compare=False, repr=False)


@frozen
class MacroName:
    """Identifier in place of a whole check."""

    name: str
    span: Span = field(compare=False, repr=False)


@frozen
class Not(Generic[_Tree_co]):
    """Negation of ``term``."""

    term: _Tree_co
    span: Span = field(compare=False, repr=False)


@frozen
class And(Generic[_Tree_co]):
    """Conjunction of at least two ``terms``."""

    terms: tuple[_Tree_co, ...]
    span: Span = field(compare=False, repr=False)


@frozen
class Or(Generic[_Tree_co]):
    """Disjunction of at least two ``terms``."""

    terms: tuple[_Tree_co, ...]
    span: Span = field(compare=False, repr=False)


Operand: TypeAlias = "Value | FieldName | Call"
Cond: TypeAlias = "And[Cond] | Or[Cond] | Not[Cond] | Check | MacroName"


_JUNCTIONS: Final = (And, Or)


def leaves(cond: Cond) -> Iterator[Check | MacroName]:
    """Yield checks and macro names from left to right."""
    stack: list[Cond] = [cond]
    while stack:
        node = stack.pop()
        if isinstance(node, _JUNCTIONS):
            stack.extend(reversed(node.terms))
        elif isinstance(node, Not):
            stack.append(node.term)
        else:
            yield node
