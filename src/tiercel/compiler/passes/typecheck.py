# SPDX-License-Identifier: Apache-2.0
"""Type checks: operators that a value takes, and operands that fit it."""

from __future__ import annotations

from collections import Counter
from typing import Final

from tiercel.compiler.ir.const_eval import literal
from tiercel.compiler.ir.operands import MAX_CONSTANT, UnfitError, convert
from tiercel.compiler.ir.program import CompiledCheck, Operand, Read, Source, Transform
from tiercel.compiler.ir.tree import (
    AnyTree,
    BoundCall,
    BoundCheck,
    BoundField,
    BoundSource,
    BoundTree,
    Const,
    ExactlyOne,
    Failed,
    Interner,
    Leaf,
    Memo,
    Tree,
    rewrite,
    walk,
)
from tiercel.compiler.ir.types import PLURALS, Typed, kind_of, typed_source
from tiercel.lang.ast import And, ListValue, Or, Value
from tiercel.lang.diagnostics import Diagnostic, diagnose, show
from tiercel.schema.names import OPERATOR_BY_NAME
from tiercel.schema.operators import OPERATORS
from tiercel.schema.types import Operator, T

__all__ = ["check", "holds"]

_DISTANCE: Final = "evt.around"  # `=` is also true for smaller distances
_SAME_FOR_ONE: Final = frozenset({"in", "intersects"})
_LIST_TYPES: Final = frozenset({T.CHARBUF, T.UINT64, T.RELTIME, T.ABSTIME, T.BOOL, T.IPADDR, T.IPNET})


def check(cond: BoundTree, interner: Interner, memo: Memo[BoundTree, Tree | Failed]) -> Tree | Failed:
    """Return the tree with typed checks.  Each leaf is a :class:`Leaf` or a :class:`Const`.

    Modifiers are expanded, except where each of several values is compared.
    """
    return rewrite(cond, lambda leaf: _typed(leaf, interner), memo)


def holds(cond: AnyTree) -> bool:
    """Return whether the tree meets the postcondition of the pass."""
    return all(isinstance(leaf, Const) or (isinstance(leaf, Leaf) and _is_typed(leaf)) for leaf in walk(cond))


def _is_typed(leaf: Leaf) -> bool:
    check_ = leaf.check
    return (
        leaf.type.kind in leaf.op.kinds
        and leaf.op.symbol == check_.op
        and (check_.right is None or not (check_.operand or leaf.op.constant))
        and (check_.modifier is None or len(check_.operand) > 1)
    )


def _typed(bound: BoundCheck, interner: Interner) -> Tree | Failed:
    left = typed_source(bound.left)
    if isinstance(left, Failed):
        right = typed_source(bound.right) if isinstance(bound.right, BoundField | BoundCall) else None
        return Failed((*left.findings, *(right.findings if isinstance(right, Failed) else ())))
    row = OPERATOR_BY_NAME[bound.op]
    if not _takes(left, row):
        return Failed((_wrong_operator(bound, row, left),))
    if isinstance(bound.right, BoundField | BoundCall):
        return _with_source(bound, row, left, bound.right, interner)
    return _with_constants(bound, row, left, interner)


def _with_constants(bound: BoundCheck, row: Operator, left: Typed, interner: Interner) -> Tree | Failed:
    operands, problem = _operands(bound, left)
    if problem is not None:
        return problem
    if bound.modifier is not None and row.symbol == "eq" and not left.no_rhs and left.type.kind != "net":
        row, operands = OPERATOR_BY_NAME["in"], _equal_to(operands, bound.modifier)
    elif bound.modifier == "anyof" and row.symbol == "eq":
        row = OPERATOR_BY_NAME["in"]
    elif bound.modifier is not None:
        return _modified(bound, row, left, operands, interner)
    if row.operand == "list":
        operands = tuple(sorted(set(operands), key=_order))
        if row.symbol in _SAME_FOR_ONE and not left.is_list:
            row = OPERATOR_BY_NAME["=" if len(operands) == 1 else "in"]
    if row.symbol == "eq" and isinstance(left.source, Read) and left.source.field == _DISTANCE:
        row = OPERATOR_BY_NAME["<="]
    return _leaf(bound, row, left, operands, interner)


def _leaf(
    bound: BoundCheck,
    row: Operator,
    left: Typed,
    operands: tuple[Operand, ...],
    interner: Interner,
    modifier: str | None = None,
) -> Leaf:
    return interner.leaf(CompiledCheck(_source(left), row.symbol, operands, modifier), left.type, row, bound.span)


def _source(typed: Typed) -> Source:
    assert isinstance(typed.source, Read | Transform)
    return typed.source


def _order(operand: Operand) -> tuple[int, bytes, float]:
    if isinstance(operand, bytes):
        return 0, operand, 0
    if isinstance(operand, (int, float)):
        return 1, b"", operand
    return 2, *operand


# -- operators ---------------------------------------------------------------------------------------------------------


def _takes(left: Typed, row: Operator) -> bool:
    if row.symbol == "exists":
        return True
    if left.is_list:
        return left.type in _LIST_TYPES and row.lists
    return left.type.kind in row.kinds and left.type.is_compared


def _wrong_operator(bound: BoundCheck, row: Operator, left: Typed) -> Diagnostic:
    field = show(bound.left.span.value)
    if not left.is_list and not left.type.is_compared:
        param = field.removeprefix("evt.rawarg.")
        return diagnose("E285", bound.span, field=field, type=left.type.name, param=param)
    if left.is_list:
        taken = ", ".join(row.name for row in OPERATORS if row.lists) if left.type in _LIST_TYPES else "exists"
        takes, suggestion = "single values", f"lists take {taken}"
    else:
        kind = left.type.kind
        fitting = ", ".join(operator.name for operator in OPERATORS if kind in operator.kinds)
        suggestion = f"{PLURALS[kind]} take {fitting}"
        takes = (
            "text" if "str" in row.kinds else " and ".join(dict.fromkeys(PLURALS[known] for known in sorted(row.kinds)))
        )
    return diagnose(
        "E203", bound.span, op=bound.op, takes=takes, field=field, kind=kind_of(left), suggestion=suggestion
    )


# -- constants ---------------------------------------------------------------------------------------------------------


def _operands(bound: BoundCheck, left: Typed) -> tuple[tuple[Operand, ...], Failed | None]:
    right = bound.right
    values = right.items if isinstance(right, ListValue) else (right,) if isinstance(right, Value) else ()
    made: list[Operand] = []
    findings: list[Diagnostic] = []
    for value in values:
        operand = _operand(bound, left, value)
        if isinstance(operand, Diagnostic):
            findings.append(operand)
        else:
            made.append(operand)
    return tuple(made), Failed(tuple(findings)) if findings else None


def _operand(bound: BoundCheck, left: Typed, value: Value) -> Operand | Diagnostic:
    """Return a constant as operand, or the finding about it."""
    if len(value.data) > MAX_CONSTANT:
        return diagnose("E145", value.span, value=show(value.text))
    try:
        return convert(value.data, left.type, bound.op)
    except UnfitError as error:
        names = {"field": show(bound.left.span.value), "kind": kind_of(left), "value": show(value.text)}
        return diagnose(error.code, value.span, **names, op=bound.op, reason=error.reason, suggestion=error.hint)


# -- modifiers ---------------------------------------------------------------------------------------------------------


def _equal_to(operands: tuple[Operand, ...], modifier: str) -> tuple[Operand, ...]:
    """Return the values that equal one, any or all of some constants; no value equals two different constants."""
    times = Counter(operands)
    match modifier:
        case "oneof":
            return tuple(operand for operand in operands if times[operand] == 1)
        case "allof":
            return operands[:1] if len(times) == 1 else ()
        case _:
            return operands


def _modified(
    bound: BoundCheck, row: Operator, left: Typed, operands: tuple[Operand, ...], interner: Interner
) -> Tree | Failed:
    """Expand ``oneof``, ``anyof`` and ``allof`` to one check per operand; without operands each is false.

    If the left side has several values, the modifier stays: each value is compared with all operands.
    """
    span = bound.span
    if not operands:
        return Const(value=False, span=span)
    if len(operands) > 1 and left.several:
        return _leaf(bound, row, left, operands, interner, bound.modifier)
    leaves = [_leaf(bound, row, left, (operand,), interner) for operand in operands]
    if len(leaves) == 1:
        return leaves[0]
    if bound.modifier == "oneof":
        return ExactlyOne(tuple(leaves), span)
    return (Or if bound.modifier == "anyof" else And)(tuple(leaves), span)


# -- another field -----------------------------------------------------------------------------------------------------


def _with_source(
    bound: BoundCheck, row: Operator, left: Typed, right_side: BoundSource, interner: Interner
) -> Leaf | Failed:
    """Compare with a field or a transformer's result, which must have the same type."""
    right = typed_source(right_side)
    if isinstance(right, Failed):
        return right
    findings: list[Diagnostic] = []
    if row.constant:
        findings.append(diagnose("E247", bound.op_span, op=bound.op))
    if left.no_rhs or left.type.kind == "net":
        findings.append(diagnose("E245", bound.left.span, field=show(bound.left.span.value)))
    if right.no_rhs:
        findings.append(diagnose("E246", right_side.span, field=show(right_side.span.value)))
    if not findings and (left.type is not right.type or left.is_list is not right.is_list):
        findings.append(_different_types(bound, left, right_side, right))
    if findings:
        return Failed(tuple(findings))
    if row.symbol in _SAME_FOR_ONE and not left.is_list:
        row = OPERATOR_BY_NAME["="]  # for two single values, `in` means `=`
    constant = literal(right.source)
    if isinstance(constant, bytes | int):
        return _leaf(bound, row, left, (constant,), interner)
    made = CompiledCheck(_source(left), row.symbol, right=_source(right))
    return interner.leaf(made, left.type, row, bound.span)


def _different_types(bound: BoundCheck, left: Typed, right_side: BoundSource, right: Typed) -> Diagnostic:
    kinds = [kind_of(typed) for typed in (left, right)]
    if kinds[0] == kinds[1]:
        kinds = [f"{kind} of type {typed.type.name}" for kind, typed in zip(kinds, (left, right), strict=True)]
    fields = [show(side.span.value) for side in (bound.left, right_side)]
    return diagnose("E248", bound.span, left=fields[0], left_kind=kinds[0], right=fields[1], right_kind=kinds[1])
