# SPDX-License-Identifier: Apache-2.0
"""Types: which operators a field takes, and whether the constants fit it."""

from __future__ import annotations

from typing import Any, Final

from tiercel.compiler.constants import KIND_WORDS, MAX_CONSTANT, UnfitError, convert
from tiercel.compiler.nodes import BoundCheck, Const, ExactlyOne, Failed, Interner, Leaf, Memo, Tree, rewrite, walk
from tiercel.compiler.program import Check, Operand, Read
from tiercel.lang.ast import And, ListValue, Or, Value
from tiercel.lang.diagnostics import Diagnostic, diagnose, show
from tiercel.lang.suggest import suggest
from tiercel.schema.known_events import EVENT_CODES, SYSCALL_NAMES
from tiercel.schema.names import OPERATOR_BY_NAME
from tiercel.schema.operators import OPERATORS
from tiercel.schema.types import Operator

__all__ = ["check", "holds"]

_EVENT_NAMES: Final = frozenset(EVENT_CODES) | SYSCALL_NAMES
_NAMED: Final = frozenset({"eq", "ne", "in"})
_PLURALS: Final = {
    "str": "texts",
    "bytes": "byte strings",
    "int": "numbers",
    "uint": "numbers",
    "bool": "true and false",
    "ip": "addresses",
    "net": "networks",
}


def check(cond: Any, interner: Interner, memo: Memo) -> Any:
    """Return the tree with typed checks.  Each leaf is a :class:`Leaf` or a :class:`Const`; modifiers are gone."""
    return rewrite(cond, lambda leaf: _typed(leaf, interner), memo)


def holds(cond: Any) -> bool:
    """Say whether the tree is what this pass promises."""
    return all(
        isinstance(leaf, Const) or (isinstance(leaf, Leaf) and leaf.ref.field.type.kind in leaf.op.kinds)
        for leaf in walk(cond)
    )


def _typed(bound: BoundCheck, interner: Interner) -> Tree | Failed:
    row = OPERATOR_BY_NAME.get(bound.op)
    if row is None:
        hint = "the operators are " + ", ".join(operator.name for operator in OPERATORS)
        return Failed((diagnose("E212", bound.op_span, op=bound.op, suggestion=hint),))
    kind = bound.ref.field.type.kind
    if kind not in row.kinds:
        return Failed((_wrong_operator(bound, row, kind),))
    operands, problem = _operands(bound, row)
    if problem is not None:
        return problem
    if bound.modifier is not None:
        return _modified(bound, row, operands, interner)
    if row.operand == "list":
        operands = tuple(sorted(set(operands), key=_order))
        if row.symbol == "in" and len(operands) == 1:
            row = OPERATOR_BY_NAME["="]
    return interner.leaf(_check(bound, row, operands), bound.ref, row, bound.span)


def _check(bound: BoundCheck, row: Operator, operands: tuple[Operand, ...]) -> Check:
    return Check(Read(bound.ref.field.name, bound.ref.arg), row.symbol, operands)


def _order(operand: Operand) -> tuple[int, bytes, float]:
    if isinstance(operand, bytes):
        return 0, operand, 0
    if isinstance(operand, (int, float)):
        return 1, b"", operand
    return 2, *operand


# -- operands ----------------------------------------------------------------------------------------------------------


def _operands(bound: BoundCheck, row: Operator) -> tuple[tuple[Operand, ...], Failed | None]:
    right = bound.right
    values = () if right is None else right.items if isinstance(right, ListValue) else (right,)
    made: list[Operand] = []
    findings: list[Diagnostic] = []
    for value in values:
        operand = _operand(bound, row, value)
        if isinstance(operand, Diagnostic):
            findings.append(operand)
        else:
            made.append(operand)
    return tuple(made), Failed(tuple(findings)) if findings else None


def _operand(bound: BoundCheck, row: Operator, value: Value) -> Operand | Diagnostic:
    """Return a constant as operand, or what is wrong with it."""
    if len(value.data) > MAX_CONSTANT:
        return diagnose("E145", value.span, value=show(value.text))
    if bound.ref.field.name == "evt.type" and row.symbol in _NAMED and value.text not in _EVENT_NAMES:
        return diagnose("E208", value.span, name=show(value.text), suggestion=suggest(value.text, _EVENT_NAMES))
    try:
        return convert(value.data, bound.ref.field.type)
    except UnfitError as error:
        field, kind = show(str(bound.ref)), KIND_WORDS[bound.ref.field.type.kind]
        return diagnose("E204", value.span, field=field, kind=kind, value=show(value.text), suggestion=error.hint)


def _wrong_operator(bound: BoundCheck, row: Operator, kind: str) -> Diagnostic:
    fitting = ", ".join(operator.name for operator in OPERATORS if kind in operator.kinds)
    takes = (
        "text" if "str" in row.kinds else " and ".join(dict.fromkeys(_PLURALS[known] for known in sorted(row.kinds)))
    )
    return diagnose(
        "E203",
        bound.span,
        op=bound.op,
        takes=takes,
        field=show(str(bound.ref)),
        kind=KIND_WORDS[kind],
        suggestion=f"{_PLURALS[kind]} take {fitting}",
    )


# -- modifiers ---------------------------------------------------------------------------------------------------------


def _modified(bound: BoundCheck, row: Operator, operands: tuple[Operand, ...], interner: Interner) -> Tree | Failed:
    """Spell ``oneof``, ``anyof`` and ``allof`` out as one check per operand; with none, each is false."""
    field, span = bound.ref.field, bound.span
    if field.multi is not None and bound.ref.arg is None:
        return Failed((diagnose("E214", span, modifier=bound.modifier, field=field.name),))
    if not operands:
        return Const(value=False, span=span)
    leaves = [interner.leaf(_check(bound, row, (operand,)), bound.ref, row, span) for operand in operands]
    if len(leaves) == 1:
        return leaves[0]
    if bound.modifier == "oneof":
        return ExactlyOne(tuple(leaves), span)
    return (Or if bound.modifier == "anyof" else And)(tuple(leaves), span)  # type: ignore[arg-type]
