# SPDX-License-Identifier: Apache-2.0
"""Field names to rows of the schema."""

from __future__ import annotations

from typing import Any

from tiercel.compiler.nodes import BoundCheck, Failed, Memo, rewrite, walk
from tiercel.lang.ast import Call, Check, FieldName
from tiercel.lang.diagnostics import diagnose, show, word
from tiercel.lang.fields import BindError, bind
from tiercel.lang.text import Span

__all__ = ["holds", "resolve"]


def resolve(cond: Any, memo: Memo) -> Any:
    """Return the tree with a row for every field.  Each leaf is a :class:`BoundCheck`; no transformer is left."""
    return rewrite(cond, _bound, memo)


def holds(cond: Any) -> bool:
    """Say whether the tree is what this pass promises."""
    return all(isinstance(leaf, BoundCheck) for leaf in walk(cond))


def _bound(check: Check) -> BoundCheck | Failed:
    for side in (check.left, check.right):
        if isinstance(side, Call):
            return Failed((diagnose("E213", side.span, name=side.name),))
    left, right = check.left, check.right
    assert isinstance(left, FieldName)
    assert not isinstance(right, FieldName | Call)
    try:
        ref = bind(left.name, left.arg)
    except BindError as problem:
        values = {
            name: text if name in {"suggestion", "takes"} else show(text) for name, text in problem.values.items()
        }
        return Failed((word(problem.code, left.span, values),))
    return BoundCheck(ref, check.op, check.modifier, right, left.span, _operator_span(check), check.span)


def _operator_span(check: Check) -> Span:
    """Where the operator is written: the first place behind the field that holds it."""
    text, start, end = check.left.span.text, check.left.span.end, check.span.end
    at = text.value.find(check.op, start, end)
    return Span(text, at, at + len(check.op)) if at >= 0 else check.span
