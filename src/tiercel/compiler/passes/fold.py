# SPDX-License-Identifier: Apache-2.0
"""Constant folding: absorb constants, flatten junctions, remove duplicates, decide contradictions."""

from __future__ import annotations

from typing import Any, Final

from tiercel.compiler.ir.check_logic import clashes, compare, never_holds
from tiercel.compiler.ir.const_eval import Literal, literal
from tiercel.compiler.ir.program import CompiledCheck, Read
from tiercel.compiler.ir.tree import AnyTree, Const, ExactlyOne, Leaf, Memo, Tree, walk
from tiercel.lang.ast import And, Not, Or
from tiercel.lang.text import Span

__all__ = ["decided", "fold", "holds"]

_EVENT_NUMBER: Final = Read("evt.num")
_LISTS: Final = frozenset({"in", "intersects", "pmatch"})


def fold(cond: Tree, memo: Memo[Tree, Tree]) -> Tree:
    """Return the tree with every constant absorbed.  The result is a :class:`Const` or holds none.

    Operators are never inverted: with a missing value both an operator and its opposite are false.
    """
    known = memo.get(id(cond))
    if known is not None:
        return known[1]
    result: Tree
    match cond:
        case Not(term, span):
            result = negate(fold(term, memo), span)
        case And(terms, span):
            result = junction(And, [fold(term, memo) for term in terms], span)
            if isinstance(result, And) and any(clashes(result.terms)):
                result = Const(value=False, span=span)
        case Or(terms, span):
            result = junction(Or, [fold(term, memo) for term in terms], span)
        case ExactlyOne(terms, span):
            result = exactly_one([fold(term, memo) for term in terms], span)
        case Leaf():
            result = decided(cond)
        case _:
            result = cond
    memo[id(cond)] = (cond, result)
    return result


def holds(cond: AnyTree) -> bool:
    """Return whether the tree meets the postcondition of the pass."""
    return isinstance(cond, Const) or not any(isinstance(leaf, Const) for leaf in walk(cond))


def negate(term: Tree, span: Span) -> Tree:
    """Return ``not term``."""
    if isinstance(term, Const):
        return Const(not term.value, span)
    return term.term if isinstance(term, Not) else Not(term, span)


def junction(kind: type[And[Tree]] | type[Or[Tree]], terms: list[Tree], span: Span) -> Tree:
    """Return the junction of folded terms."""
    decides = kind is Or  # a constant of this value is the result; the other constant has no effect
    kept: dict[Tree, None] = {}
    for term in terms:
        for part in term.terms if isinstance(term, kind) else (term,):
            if not isinstance(part, Const):
                kept[part] = None
            elif part.value is decides:
                return Const(decides, span)
    for part in kept:
        if isinstance(part, Not) and part.term in kept:
            return Const(decides, span)
    if not kept:
        return Const(not decides, span)
    if len(kept) == 1:
        return next(iter(kept))
    return kind(tuple(kept), span)


def exactly_one(terms: list[Tree], span: Span) -> Tree:
    """Return a tree that is true if exactly one of the folded terms is."""
    rest = [term for term in terms if not isinstance(term, Const)]
    true = sum(1 for term in terms if isinstance(term, Const) and term.value)
    if true > 1:
        return Const(value=False, span=span)
    if true == 1:
        return junction(And, [negate(term, span) for term in rest], span)
    if len(rest) < 2:
        return rest[0] if rest else Const(value=False, span=span)
    return ExactlyOne(tuple(rest), span)


def decided(leaf: Leaf) -> Tree:
    """Return a check, or its result if that does not depend on the event."""
    check = leaf.check
    if check.right is not None:
        return leaf
    if check.op in _LISTS and not check.operand:
        return Const(value=False, span=leaf.span)
    constant = literal(check.left)
    if constant is not None and (value := _compare(constant, check)) is not None:
        return Const(value, leaf.span)
    if never_holds(leaf):
        return Const(value=False, span=leaf.span)
    if check.left == _EVENT_NUMBER and (value := _event_number(check.op, check.operand)) is not None:
        return Const(value, leaf.span)
    return leaf


def _compare(constant: Literal, check: CompiledCheck) -> bool | None:
    """Compare a constant; None if only the core can. An empty list counts as a missing value."""
    if not isinstance(constant, tuple):
        return compare(constant, check.op, check.operand)
    if check.op == "exists" or not constant:
        return bool(constant)
    return (all if check.op == "in" else any)(text in check.operand for text in constant)


def _event_number(op: str, operand: tuple[Any, ...]) -> bool | None:
    """Decide checks of ``evt.num``, which starts at 1; rules use these for "never" and "always"."""
    match op, operand:
        case ("eq", (0,)) | ("lt", (0 | 1,)) | ("le", (0,)) | ("in", (0,)):
            return False
        case ("ne", (0,)) | ("gt", (0,)) | ("ge", (0 | 1,)) | ("exists", ()):
            return True
        case _:
            return None
