# SPDX-License-Identifier: Apache-2.0
"""Static fields: named texts from the configuration, replaced by constants before name resolution."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from tiercel.compiler.ir.tree import Failed, Memo, rewrite
from tiercel.frozen import replace
from tiercel.lang.ast import Call, CallList, Check, Cond, FieldName, Value

__all__ = ["fill_statics", "with_statics"]

_Written = TypeVar("_Written")


def fill_statics(cond: Cond, statics: Mapping[str, str], memo: Memo[Cond, Cond | Failed]) -> Cond | Failed:
    """Return a condition, with macros expanded, without static fields."""
    return rewrite(cond, lambda check: _filled(check, statics), memo) if statics else cond


def with_statics(written: _Written, statics: Mapping[str, str]) -> _Written:
    """Return a field, a transformer or an argument with its static fields replaced by constants."""
    return _replaced(written, statics) if statics else written


def _filled(check: Check, statics: Mapping[str, str]) -> Check:
    left, right = _replaced(check.left, statics), _replaced(check.right, statics)
    return check if left is check.left and right is check.right else replace(check, left=left, right=right)


def _replaced(written: Any, statics: Mapping[str, str]) -> Any:
    match written:
        case FieldName(name, None, span) if name in statics:
            value = statics[name].encode("utf-8", "surrogateescape")
            return Call("concat", (Value(value, span), Value(b"", span)), None, span)
        case Call(_, args):
            return replace(written, args=tuple(_replaced(arg, statics) for arg in args))
        case CallList(items):
            return replace(written, items=tuple(_replaced(item, statics) for item in items))
        case _:
            return written
