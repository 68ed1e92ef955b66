# SPDX-License-Identifier: Apache-2.0
"""Name resolution: fields, transformers and events to rows of the schema."""

from __future__ import annotations

from typing import Any, TypeAlias

from tiercel.compiler.frontend.falco_event_sets import problems_of
from tiercel.compiler.ir.tree import (
    AnyTree,
    BoundCall,
    BoundCheck,
    BoundField,
    BoundItems,
    BoundSource,
    BoundTree,
    Failed,
    Memo,
    failed,
    rewrite,
    walk,
)
from tiercel.lang.ast import Call, CallList, Check, Cond, FieldName, ListValue, Value
from tiercel.lang.diagnostics import diagnose, show, word
from tiercel.lang.fields import BindError, bind
from tiercel.schema.names import TRANSFORMER_BY_NAME

__all__ = ["bound_source", "holds", "resolve"]

_Written: TypeAlias = "FieldName | Call | CallList | ListValue | Value"


def resolve(cond: Cond, memo: Memo[Cond, BoundTree | Failed]) -> BoundTree | Failed:
    """Return the tree with a row for every field and transformer.  Each leaf is a :class:`BoundCheck`."""
    return rewrite(cond, _bound, memo)


def holds(cond: AnyTree) -> bool:
    """Return whether the tree meets the postcondition of the pass."""
    return all(
        isinstance(leaf, BoundCheck) and not isinstance(leaf.right, FieldName | Call | CallList) for leaf in walk(cond)
    )


def bound_source(written: FieldName | Call) -> BoundSource | Failed:
    """Return a field or transformer with the rows that it names; ``val(field)`` is the field."""
    return _field(written) if isinstance(written, FieldName) else _call(written)


def _bound(check: Check) -> BoundCheck | Failed:
    left, right = bound_source(check.left), None if check.right is None else _argument(check.right)
    problems = problems_of(check)
    bad = failed([left, right, Failed(problems)] if problems else [left, right])
    if bad is not None:
        return bad
    assert not isinstance(left, Failed)
    return BoundCheck(left, check.op, check.modifier, right, check.span)


def _argument(written: _Written) -> Any:
    match written:
        case FieldName() | Call():
            return bound_source(written)
        case CallList(items, span):
            bound = tuple(map(_argument, items))
            return failed(bound) or BoundItems(bound, span)
        case _:
            return written


def _field(name: FieldName) -> BoundField | Failed:
    try:
        return BoundField(bind(name.name, name.arg), name.span)
    except BindError as problem:
        values = {key: text if key in {"suggestion", "takes"} else show(text) for key, text in problem.values.items()}
        return Failed((word(problem.code, name.span, values),))


def _call(call: Call) -> BoundSource | Failed:
    args = tuple(map(_argument, call.args))
    if call.name == "val":
        refused = Failed((diagnose("E241", call.span, name=call.name),)) if call.arg is not None else None
        source: BoundSource = args[0]
        return failed([source, refused]) or source
    return failed(args) or BoundCall(TRANSFORMER_BY_NAME[call.name], args, call.arg, call.span)
