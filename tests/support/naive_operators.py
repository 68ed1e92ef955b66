# SPDX-License-Identifier: Apache-2.0
"""Operators of the naive evaluator, written from the language reference."""

from __future__ import annotations

import ctypes
import ipaddress
import re
import socket
from collections.abc import Callable, Sequence
from typing import Any

_LIBC = ctypes.CDLL(None)
_FNM_CASEFOLD = 1 << 4
_WILDCARD = re.compile(rb"[*?\[]")
_HEX = frozenset({"bcontains", "bstartswith"})


def compare(op: str, value: Any, operand: Any) -> bool:
    """Compare one value with one constant, or with all of a list operator."""
    return _OPERATORS[op](value, operand)


def constant(data: bytes, kind: tuple[str, int], op: str) -> Any:
    """Return a constant of a condition as a value of the comparison kind."""
    name, size = kind
    if op in _HEX:
        return bytes.fromhex(data.decode())
    match name:
        case "str" | "bytes":
            return data
        case "bool":
            return {b"true": 1, b"false": 0}[data]
        case "ip":
            return ipaddress.ip_address(data.decode())
        case "net":
            return ipaddress.ip_network(data.decode(), strict=False)
        case "double":
            return float(int(data))
    number = socket.getservbyname(data.decode()) if data.isalpha() else int(data)  # only ports have names
    return number % (1 << (8 * size)) if name == "uint" else number


def _equal(value: Any, operand: Any) -> bool:
    if isinstance(operand, ipaddress.IPv4Network | ipaddress.IPv6Network):
        return value in operand
    return bool(value == operand)


def _lower(text: bytes) -> bytes:
    return bytes(byte + 32 if 65 <= byte <= 90 else byte for byte in text)


def _glob(value: bytes, pattern: bytes, flags: int = 0) -> bool:
    return bool(_LIBC.fnmatch(pattern, value, flags) == 0)


def _regex(value: bytes, pattern: bytes) -> bool:
    """Match the whole text, bad bytes replaced; ^ and $ mean lines. For patterns with the same meaning in RE2."""
    return re.compile(pattern.decode(), re.MULTILINE).fullmatch(value.decode("utf-8", "replace")) is not None


def _below(value: bytes, paths: Sequence[bytes]) -> bool:
    return any(_is_prefix(path, value) for path in paths)


def _is_prefix(above: bytes, path: bytes) -> bool:
    """Match whole components, each of which may be a pattern; an absolute path is never below a relative one.

    A backslash alone does not make a pattern: such a component is compared verbatim.
    """
    if above.startswith(b"/") != path.startswith(b"/"):
        return False
    patterns, parts = ([part for part in text.split(b"/") if part] for text in (above, path))
    return len(patterns) <= len(parts) and all(
        _glob(part, pattern) if _WILDCARD.search(pattern) else part == pattern
        for pattern, part in zip(patterns, parts, strict=False)
    )


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": _equal,
    "==": _equal,
    "!=": lambda value, operand: not _equal(value, operand),
    "<": lambda value, operand: bool(value < operand),
    "<=": lambda value, operand: bool(value <= operand),
    ">": lambda value, operand: bool(value > operand),
    ">=": lambda value, operand: bool(value >= operand),
    "contains": lambda value, operand: operand in value,
    "icontains": lambda value, operand: _lower(operand) in _lower(value),
    "bcontains": lambda value, operand: operand in value,
    "startswith": lambda value, operand: bool(value.startswith(operand)),
    "bstartswith": lambda value, operand: bool(value.startswith(operand)),
    "endswith": lambda value, operand: bool(value.endswith(operand)),
    "glob": _glob,
    "iglob": lambda value, operand: _glob(value, operand, _FNM_CASEFOLD),
    "regex": _regex,
    "in": lambda value, operand: any(_equal(value, one) for one in operand),
    "intersects": lambda value, operand: any(_equal(value, one) for one in operand),
    "pmatch": _below,
}
