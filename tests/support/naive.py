# SPDX-License-Identifier: Apache-2.0
"""A naive evaluator of conditions, written straight from the language reference: slow, short, and sharing no code with
the compiler or the core.  It walks the parsed tree and compares one field of one event at a time.
"""

from __future__ import annotations

import ctypes
import ipaddress
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tiercel.lang import ast
from tiercel.schema.fields import FIELDS

Event = Mapping[str, Any]

_LIBC = ctypes.CDLL(None)
_MULTI = {row.name: row.multi for row in FIELDS}
_TYPES = {row.name: row.type for row in FIELDS}
_PATHS = {row.name for row in FIELDS if row.path}


def matches(condition: ast.Cond, event: Event) -> str | None:
    """Return the binding under which a condition holds for an event, requested first, or None."""
    return next((binding for binding in ("requested", "resolved") if holds(condition, event, binding)), None)


def holds(condition: ast.Cond, event: Event, binding: str = "requested") -> bool:
    """Say whether a condition without macros holds for an event under one binding of its paths.

    Keys of the event are fields as a condition writes them. A value is text, bytes, a number, a truth value, a list
    of these for a field that has several, or for paths a mapping with the keys ``requested`` and ``resolved``.
    """
    match condition:
        case ast.And(terms):
            return all(holds(term, event, binding) for term in terms)
        case ast.Or(terms):
            return any(holds(term, event, binding) for term in terms)
        case ast.Not(term):
            return not holds(term, event, binding)
        case ast.Check():
            return _check(condition, event, binding)
        case _:
            raise AssertionError(condition)


def _check(check: ast.Check, event: Event, binding: str) -> bool:
    assert isinstance(check.left, ast.FieldName)
    name, arg = check.left.name, check.left.arg
    value = event.get(name if arg is None else f"{name}[{arg}]")
    if isinstance(value, Mapping):
        value = value.get(binding)
    if value is None:
        return False
    values = value if isinstance(value, list) else [value]
    if not values:
        return False
    if check.op == "exists":
        return True
    base = "evt.arg" if name.startswith("evt.arg.") else name
    convert = _CONSTANTS[_TYPES[base].kind]
    right = check.right
    constants = [item.data for item in right.items] if isinstance(right, ast.ListValue) else [right.data]  # type: ignore[union-attr]
    operand = [convert(constant, _TYPES[base]) for constant in constants]
    results = [_modified(check, _plain(one), operand) for one in values]
    both_ends_must_differ = _MULTI[base] == "either" and check.op == "!="
    return all(results) if both_ends_must_differ else any(results)


def _modified(check: ast.Check, value: Any, operand: list[Any]) -> bool:
    if check.op in _LISTS:
        return _LISTS[check.op](value, operand)
    results = [_SINGLE[check.op](value, constant) for constant in operand]
    match check.modifier:
        case "oneof":
            return sum(results) == 1
        case "anyof":
            return any(results)
        case "allof":
            return bool(results) and all(results)
        case _:
            return results[0]


def _plain(value: Any) -> Any:
    """A value as it is compared: text as bytes up to the first zero byte, truth values as numbers."""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape").split(b"\0")[0]
    if isinstance(value, bool):
        return int(value)
    return value


# -- constants -----------------------------------------------------------------------------------------------------


def _number(data: bytes, type_: Any) -> int:
    value = int(data)
    return value % (1 << (8 * type_.size)) if value < 0 and type_.kind == "uint" else value


_CONSTANTS: dict[str, Callable[[bytes, Any], Any]] = {
    "str": lambda data, _type: data,
    "bytes": lambda data, _type: data,
    "int": _number,
    "uint": _number,
    "bool": lambda data, _type: {b"true": 1, b"false": 0}[data],
    "ip": lambda data, _type: ipaddress.ip_address(data.decode()),
    "net": lambda data, _type: ipaddress.ip_network(data.decode(), strict=False),
}


# -- operators -----------------------------------------------------------------------------------------------------


def _equal(value: Any, constant: Any) -> bool:
    if isinstance(constant, ipaddress.IPv4Network | ipaddress.IPv6Network):
        return ipaddress.ip_address(value.decode()) in constant
    if isinstance(constant, ipaddress.IPv4Address | ipaddress.IPv6Address):
        return ipaddress.ip_address(value.decode()) == constant
    return bool(value == constant)


def _lower(text: bytes) -> bytes:
    return bytes(byte + 32 if 65 <= byte <= 90 else byte for byte in text)


def _glob(value: bytes, pattern: bytes) -> bool:
    return bool(_LIBC.fnmatch(pattern, value, 0) == 0)


def _below(value: bytes, paths: Sequence[bytes]) -> bool:
    return any(_is_prefix(path, value) for path in paths)


def _is_prefix(above: bytes, path: bytes) -> bool:
    """Whole components, each of which may be a pattern; an absolute path is never below a relative one."""
    if above.startswith(b"/") != path.startswith(b"/"):
        return False
    patterns, parts = ([part for part in text.split(b"/") if part] for text in (above, path))
    return len(patterns) <= len(parts) and all(
        _glob(part, pattern) for pattern, part in zip(patterns, parts, strict=False)
    )


_SINGLE: dict[str, Callable[[Any, Any], bool]] = {
    "=": _equal,
    "==": _equal,
    "!=": lambda value, constant: not _equal(value, constant),
    "<": lambda value, constant: value < constant,
    "<=": lambda value, constant: value <= constant,
    ">": lambda value, constant: value > constant,
    ">=": lambda value, constant: value >= constant,
    "contains": lambda value, constant: constant in value,
    "icontains": lambda value, constant: _lower(constant) in _lower(value),
    "startswith": lambda value, constant: value.startswith(constant),
    "endswith": lambda value, constant: value.endswith(constant),
    "glob": _glob,
}

_LISTS: dict[str, Callable[[Any, list[Any]], bool]] = {
    "in": lambda value, operand: any(_equal(value, constant) for constant in operand),
    "pmatch": _below,
}
