# SPDX-License-Identifier: Apache-2.0
"""A naive evaluator of conditions, written straight from the language reference: slow, short, and sharing no code with
the compiler or the core.  It walks the parsed tree and compares the fields of one event, one check at a time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from support import naive_functions, naive_operators
from support.naive_values import Values, binary, field_kind, field_shape
from tiercel.lang import ast

Event = Mapping[str, Any]
Macros = Mapping[str, ast.Cond]

_LIST_OPERATORS = frozenset({"in", "intersects", "pmatch"})


def matches(condition: ast.Cond, event: Event, macros: Macros | None = None) -> str | None:
    """Return the binding under which a condition holds for an event, requested first, or None."""
    bindings = ("requested", "resolved")
    return next((binding for binding in bindings if holds(condition, event, binding, macros)), None)


def holds(condition: ast.Cond, event: Event, binding: str = "requested", macros: Macros | None = None) -> bool:
    """Say whether a condition holds for an event under one binding of its paths.

    Keys of the event are fields as a condition writes them. A value is text, bytes, a number, a truth value, a list
    of these for a field that has several, or for paths a mapping with the keys ``requested`` and ``resolved``.
    """
    match condition:
        case ast.And(terms):
            return all(holds(term, event, binding, macros) for term in terms)
        case ast.Or(terms):
            return any(holds(term, event, binding, macros) for term in terms)
        case ast.Not(term):
            return not holds(term, event, binding, macros)
        case ast.MacroName(name):
            assert macros is not None
            return holds(macros[name], event, binding, macros)
        case _:
            return _check(condition, event, binding)


def _check(check: ast.Check, event: Event, binding: str) -> bool:
    left = read(check.left, event, binding)
    if left is None or not left.items:
        return False
    if check.op == "exists":
        return True
    if isinstance(check.right, ast.Call):
        right = read(check.right, event, binding)
        if right is None or not right.items:
            return False
        operand = list(right.items)
    else:
        operand = _constants(check)
    if left.shape == "list":
        among = [value in operand for value in left.items]
        return all(among) if check.op == "in" else any(among)
    results = [_modified(check, value, operand) for value in left.items]
    return all(results) if left.shape == "either" and check.op == "!=" else any(results)


def _constants(check: ast.Check) -> list[Any]:
    right = check.right
    written = right.items if isinstance(right, ast.ListValue) else (right,)
    kind = kind_of(check.left)
    return [naive_operators.constant(value.data, kind, check.op) for value in written]  # type: ignore[union-attr]


def _modified(check: ast.Check, value: Any, operand: list[Any]) -> bool:
    if check.op in _LIST_OPERATORS:
        return naive_operators.compare(check.op, value, operand)
    results = [naive_operators.compare(check.op, value, constant) for constant in operand]
    match check.modifier:
        case "oneof":
            return sum(results) == 1
        case "anyof":
            return any(results)
        case "allof":
            return bool(results) and all(results)
        case _:
            return results[0]


# -- what stands on either side ------------------------------------------------------------------------------------


def read(source: Any, event: Event, binding: str) -> Values | None:
    """Return the values of a field, of a transformer's result, or of a constant among its arguments."""
    match source:
        case ast.Value(data):
            return Values((data,))
        case ast.FieldName(name, arg):
            return _field(name, arg, event, binding)
        case ast.CallList(items):
            read_items = [_as_text(read(item, event, binding), item) for item in items]
            if None in read_items:
                return None
            return Values(tuple(text for item in read_items for text in item.items), "list")  # type: ignore[union-attr]
        case ast.Call("val", (field,)):
            return read(field, event, binding)
        case ast.Call(name, args, option):
            given = [read(arg, event, binding) for arg in args]
            if None in given:
                return None
            return naive_functions.apply(name, given, kind_of(args[0]), option)  # type: ignore[arg-type]
    raise AssertionError(source)


def _as_text(values: Values | None, item: Any) -> Values | None:
    """Numbers in a list are rendered as text."""
    if values is None or kind_of(item)[0] in {"str", "bytes"}:
        return values
    return Values(tuple(str(value).encode() for value in values.items), values.shape)


def _field(name: str, arg: str | None, event: Event, binding: str) -> Values | None:
    value = event.get(name if arg is None else f"{name}[{arg}]")
    if isinstance(value, Mapping):
        value = value.get(binding)
    if value is None:
        return None
    values = value if isinstance(value, list) else [value]
    return Values(tuple(binary(one, field_kind(name)[0]) for one in values), field_shape(name, arg))


def fields_of(source: Any) -> frozenset[str]:
    """Return the fields that stand on one side of a check, as they are written."""
    match source:
        case ast.FieldName(name, arg):
            return frozenset({name if arg is None else f"{name}[{arg}]"})
        case ast.Call(_, args, _) | ast.CallList(args):
            return frozenset().union(*map(fields_of, args))
    return frozenset()


def kind_of(source: Any) -> tuple[str, int]:
    """Return how a source's values are compared, and the bytes of a number."""
    match source:
        case ast.FieldName(name, _):
            return field_kind(name)
        case ast.Call("len", _, _):
            return "uint", 8
        case ast.Call("join" | "concat" | "getopt", _, _) | ast.CallList() | ast.Value():
            return "str", 0
        case ast.Call(_, args, _):
            return kind_of(args[0])
    raise AssertionError(source)
