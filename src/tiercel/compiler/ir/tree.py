# SPDX-License-Identifier: Apache-2.0
"""The tree between the passes.

Junctions (``And``, ``Or``, ``Not``) are those of :mod:`tiercel.lang.ast` throughout.  What stands below them changes:
``Check`` and ``MacroName`` as parsed, :class:`BoundCheck` once names are looked up, :class:`Leaf` and :class:`Const`
once types are checked; from then on :class:`ExactlyOne` is a junction too.  A pass that finds errors returns
:class:`Failed` in place of the tree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from operator import is_
from typing import Any, Final, TypeAlias, TypeVar

from tiercel.compiler.ir.program import Call, Check, Items, Read, reads
from tiercel.frozen import field, frozen
from tiercel.lang.ast import And, ListValue, Not, Or, Value
from tiercel.lang.diagnostics import Diagnostic
from tiercel.lang.text import Span
from tiercel.schema.names import FIELD_BY_NAME, TRANSFORMER_BY_NAME, FieldRef
from tiercel.schema.types import Operator, Transformer, ValueType

__all__ = [
    "MAX_CHECKS_TOTAL",
    "MAX_LEVELS",
    "BoundCall",
    "BoundCheck",
    "BoundField",
    "BoundItems",
    "BoundSource",
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
"""Checks of all conditions of one set together."""

MAX_LEVELS: Final = 200
"""Levels of one condition after its macros are filled in; passes recurse as deep."""


@frozen
class Failed:
    """Errors that keep a condition from being compiled.

    Attributes:
        findings: the errors.
        before: checks and macros that were read before one of syntax.
    """

    findings: tuple[Diagnostic, ...]
    before: tuple[Any, ...] = ()


@frozen
class Const:
    """A condition that is always true, or always false."""

    value: bool
    span: Span = field(compare=False, repr=False)


@frozen
class BoundField:
    """A field that exists."""

    ref: FieldRef
    span: Span = field(compare=False, repr=False)


@frozen
class BoundItems:
    """A list among the arguments of a transformer."""

    items: tuple[BoundSource | Value, ...]
    span: Span = field(compare=False, repr=False)


@frozen
class BoundCall:
    """A transformer whose fields exist; ``option`` is what stands in brackets behind it."""

    row: Transformer
    args: tuple[BoundSource | BoundItems | Value, ...]
    option: str | None
    span: Span = field(compare=False, repr=False)


BoundSource: TypeAlias = "BoundField | BoundCall"


@frozen
class BoundCheck:
    """A check whose fields are known; what it compares has no type yet."""

    left: BoundSource
    op: str
    modifier: str | None
    right: BoundSource | Value | ListValue | None
    span: Span = field(compare=False, repr=False)

    @property
    def op_span(self) -> Span:
        """Where the operator is written: the first place behind the left side that holds it."""
        text, start, end = self.left.span.text, self.left.span.end, self.span.end
        at = text.value.find(self.op, start, end)
        return Span(text, at, at + len(self.op)) if at >= 0 else self.span


@frozen
class Leaf:
    """A check ready to run.  Equal checks are one object: compare with ``is``.

    Attributes:
        type: what its left side is.
        cost: relative cost of evaluating it.
        pending: the fields in it that no event gives a value.
        span: where it was written first.
    """

    check: Check
    type: ValueType
    op: Operator
    cost: int
    pending: tuple[str, ...]
    span: Span = field(repr=False)

    __eq__ = object.__eq__
    __hash__ = object.__hash__


@frozen
class ExactlyOne:
    """True where one of ``terms`` is and no other; this is what ``oneof`` means."""

    terms: tuple[Tree, ...]
    span: Span = field(compare=False, repr=False)


# Tuples, since to make a union of types takes longer than to look at an object.
_JUNCTIONS: Final = (And, Or)
_OF_TERMS: Final = (And, Or, ExactlyOne)

Tree: TypeAlias = "And | Or | Not | ExactlyOne | Const | Leaf"
Memo: TypeAlias = dict[int, tuple[Any, Any]]
_Result = TypeVar("_Result")


class Interner:
    """Makes leaves: one object for equal checks."""

    def __init__(self) -> None:
        self._leaves: dict[Check, Leaf] = {}

    def leaf(self, check: Check, type_: ValueType, op: Operator, span: Span) -> Leaf:
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
    """Return the fields that a source reads and that no event gives a value."""
    return tuple([read.field for read in reads(source) if FIELD_BY_NAME[read.field].pending])


def _cost(source: object) -> int:
    """Cost of reading a value and of transforming it."""
    match source:
        case Read(name):
            return FIELD_BY_NAME[name].cost
        case Call(name, args):
            return TRANSFORMER_BY_NAME[name].cost + sum(map(_cost, args))
        case Items(items):
            return sum(map(_cost, items))
        case _:
            return 0


def rewrite(cond: Any, leaf: Callable[[Any], Any], memo: Memo) -> Any:
    """Return the tree with every leaf replaced, junctions kept; :class:`Failed` with all findings if one failed.

    Subtrees that several conditions share (macros) are rewritten once, and stay shared.
    """
    known = memo.get(id(cond))
    if known is not None:
        return known[1]
    result: Any
    if isinstance(cond, _JUNCTIONS):
        made = [rewrite(term, leaf, memo) for term in cond.terms]
        result = failed(made) or with_terms(cond, tuple(made))
    elif isinstance(cond, Not):
        made = [rewrite(cond.term, leaf, memo)]
        result = failed(made) or with_term(cond, made[0])
    else:
        result = leaf(cond)
    memo[id(cond)] = (cond, result)  # the node is kept so that its id stays its own
    return result


def with_terms(cond: Any, terms: tuple[Any, ...]) -> Any:
    """Return a junction with as many other terms; itself if they are its own."""
    return cond if all(map(is_, terms, cond.terms)) else type(cond)(terms, cond.span)


def with_term(cond: Any, term: Any) -> Any:
    """Return a negation of another term; itself if it is its own."""
    return cond if term is cond.term else Not(term, cond.span)


def failed(results: Iterable[Any]) -> Failed | None:
    """Join the findings of all results that failed, each once; None if none did."""
    bad = [result for result in results if isinstance(result, Failed)]
    if not bad:
        return None
    return Failed(tuple(dict.fromkeys(finding for result in bad for finding in result.findings)))


def walk(cond: Any) -> Iterator[Any]:
    """Yield the leaves of any tree from left to right."""
    stack = [cond]
    while stack:
        node = stack.pop()
        if isinstance(node, _OF_TERMS):
            stack.extend(reversed(node.terms))
        elif isinstance(node, Not):
            stack.append(node.term)
        else:
            yield node
