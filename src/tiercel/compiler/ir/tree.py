# SPDX-License-Identifier: Apache-2.0
"""Condition trees between the passes.

Junctions (``And``, ``Or``, ``Not``) are those of :mod:`tiercel.lang.ast` in all stages. Leaves change: ``Check`` and
``MacroName`` after parsing, :class:`BoundCheck` after name resolution, :class:`Leaf` and :class:`Const` after type
checks; from then on :class:`ExactlyOne` is a junction, too. A pass that finds errors returns :class:`Failed` in place
of the tree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from operator import is_
from typing import Any, Final, TypeAlias, TypeVar

from tiercel.compiler.ir.program import CompiledCheck, Items, Read, Transform, reads
from tiercel.frozen import field, frozen
from tiercel.lang.ast import And, Cond, ListValue, Not, Or, Value
from tiercel.lang.diagnostics import Diagnostic
from tiercel.lang.text import Span
from tiercel.schema.names import FIELD_BY_NAME, TRANSFORMER_BY_NAME, FieldRef
from tiercel.schema.types import Operator, Transformer, ValueType

__all__ = [
    "MAX_CHECKS_TOTAL",
    "MAX_LEVELS",
    "AnyTree",
    "BoundCall",
    "BoundCheck",
    "BoundField",
    "BoundItems",
    "BoundSource",
    "BoundTree",
    "Const",
    "ExactlyOne",
    "Failed",
    "Interner",
    "Leaf",
    "Memo",
    "Tree",
    "pending_in",
    "rewrite",
    "walk",
    "with_term",
    "with_terms",
]

MAX_CHECKS_TOTAL: Final = 1_000_000
"""Limit of checks in all conditions of one set."""

MAX_LEVELS: Final = 200
"""Limit of levels of one condition with macros expanded; passes recurse as deep."""


@frozen
class Failed:
    """Failure to compile a condition.

    Attributes:
        findings: the errors.
        before: checks and macros that were parsed before a syntax error.
    """

    findings: tuple[Diagnostic, ...]
    before: tuple[Any, ...] = ()


@frozen
class Const:
    """Condition that is always true, or always false."""

    value: bool
    span: Span = field(compare=False, repr=False)


@frozen
class BoundField:
    """Field with its row."""

    ref: FieldRef
    span: Span = field(compare=False, repr=False)


@frozen
class BoundItems:
    """List among the arguments of a transformer."""

    items: tuple[BoundSource | Value, ...]
    span: Span = field(compare=False, repr=False)


@frozen
class BoundCall:
    """Transformer with its row; ``option`` is the text in brackets after it."""

    row: Transformer
    args: tuple[BoundSource | BoundItems | Value, ...]
    option: str | None
    span: Span = field(compare=False, repr=False)


BoundSource: TypeAlias = "BoundField | BoundCall"


@frozen
class BoundCheck:
    """Check with resolved names, before type checks."""

    left: BoundSource
    op: str
    modifier: str | None
    right: BoundSource | Value | ListValue | None
    span: Span = field(compare=False, repr=False)

    @property
    def op_span(self) -> Span:
        """Span of the operator: its first occurrence after the left side."""
        text, start, end = self.left.span.text, self.left.span.end, self.span.end
        at = text.value.find(self.op, start, end)
        return Span(text, at, at + len(self.op)) if at >= 0 else self.span


@frozen
class Leaf:
    """Typed check. Equal checks are one object: compare with ``is``.

    Attributes:
        type: type of the left side.
        cost: relative cost of evaluation.
        pending: fields of the check that have no value in any event.
        span: place of the first use.
    """

    check: CompiledCheck
    type: ValueType
    op: Operator
    cost: int
    pending: tuple[str, ...]
    span: Span = field(repr=False)

    __eq__ = object.__eq__
    __hash__ = object.__hash__


@frozen
class ExactlyOne:
    """Junction that is true if exactly one of ``terms`` is; the meaning of ``oneof``."""

    terms: tuple[Tree, ...]
    span: Span = field(compare=False, repr=False)


# Tuples, since the construction of a union of types takes longer than the isinstance check.
_JUNCTIONS: Final = (And, Or)
_OF_TERMS: Final = (And, Or, ExactlyOne)

BoundTree: TypeAlias = "And[BoundTree] | Or[BoundTree] | Not[BoundTree] | BoundCheck"
Tree: TypeAlias = "And[Tree] | Or[Tree] | Not[Tree] | ExactlyOne | Const | Leaf"
AnyTree: TypeAlias = "Cond | BoundTree | Tree"
_From = TypeVar("_From")
_To = TypeVar("_To")
Memo: TypeAlias = dict[int, tuple[_From, _To]]


class Interner:
    """Factory of leaves: one object for equal checks."""

    def __init__(self) -> None:
        self._leaves: dict[CompiledCheck, Leaf] = {}

    def leaf(self, check: CompiledCheck, type_: ValueType, op: Operator, span: Span) -> Leaf:
        """Return the leaf of a check."""
        leaf = self._leaves.get(check)
        if leaf is None:
            times = len(check.operand) if check.modifier else 1
            cost, pending = _cost(check.left), pending_in(check.left)
            if check.right is not None:
                cost, pending = cost + _cost(check.right), pending + pending_in(check.right)
            leaf = self._leaves[check] = Leaf(check, type_, op, 2 * cost + op.cost * times, pending, span)
        return leaf


def pending_in(source: object) -> tuple[str, ...]:
    """Return the fields of a source that have no value in any event."""
    return tuple([read.field for read in reads(source) if FIELD_BY_NAME[read.field].pending])


def _cost(source: object) -> int:
    """Return the cost of a read of a value and its transformation."""
    match source:
        case Read(name):
            return FIELD_BY_NAME[name].cost
        case Transform(name, args):
            return TRANSFORMER_BY_NAME[name].cost + sum(map(_cost, args))
        case Items(items):
            return sum(map(_cost, items))
        case _:
            return 0


def rewrite(cond: _From, leaf: Callable[[Any], _To | Failed], memo: Memo[_From, _To | Failed]) -> _To | Failed:
    """Return the tree with every leaf replaced; :class:`Failed` with all findings if a leaf failed.

    Subtrees that several conditions share (macros) are rewritten once and stay shared.
    """
    known = memo.get(id(cond))
    if known is not None:
        return known[1]
    node: Any = cond
    result: _To | Failed
    if isinstance(node, _JUNCTIONS):
        made = [rewrite(term, leaf, memo) for term in node.terms]
        result = failed(made) or with_terms(node, tuple(made))
    elif isinstance(node, Not):
        made = [rewrite(node.term, leaf, memo)]
        result = failed(made) or with_term(node, made[0])
    else:
        result = leaf(node)
    memo[id(cond)] = (cond, result)  # keeps the node alive, so that its id stays unique
    return result


def with_terms(cond: Any, terms: tuple[Any, ...]) -> Any:
    """Return a junction with new terms; the junction itself if the terms are the same objects."""
    return cond if all(map(is_, terms, cond.terms)) else type(cond)(terms, cond.span)


def with_term(cond: Any, term: Any) -> Any:
    """Return a negation with a new term; the negation itself if the term is the same object."""
    return cond if term is cond.term else Not(term, cond.span)


def failed(results: Iterable[Any]) -> Failed | None:
    """Join the distinct findings of all failed results; None if no result failed."""
    bad = [result for result in results if isinstance(result, Failed)]
    if not bad:
        return None
    return Failed(tuple(dict.fromkeys(finding for result in bad for finding in result.findings)))


def walk(cond: AnyTree) -> Iterator[Any]:
    """Yield the leaves of any tree from left to right."""
    stack: list[Any] = [cond]
    while stack:
        node = stack.pop()
        if isinstance(node, _OF_TERMS):
            stack.extend(reversed(node.terms))
        elif isinstance(node, Not):
            stack.append(node.term)
        else:
            yield node
