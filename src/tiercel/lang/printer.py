# SPDX-License-Identifier: Apache-2.0
"""Printer of syntax trees as conditions, in one canonical form."""

from __future__ import annotations

import re

from tiercel.lang.ast import And, Call, CallList, Check, Cond, FieldName, ListValue, MacroName, Not, Operand, Or, Value

__all__ = ["escape", "quote", "unparse"]

_NEEDS_QUOTES = re.compile(rb"[ =(),\"'\\\b\f\n\r\t\v\x00]")
_WRITTEN = {0x08: b"\\b", 0x0C: b"\\f", 0x0A: b"\\n", 0x0D: b"\\r", 0x09: b"\\t", 0x22: b'\\"', 0x5C: b"\\\\"}


def escape(value: bytes) -> bytes:
    """Return a constant in the syntax of conditions: bare if possible, else in double quotes."""
    return value if value and not _NEEDS_QUOTES.search(value) else quote(value)


def quote(value: bytes) -> bytes:
    """Return a constant in double quotes.

    A backslash at the end is written in hex: an escaped one would escape the closing quote.
    """
    last = b"\\x5c" if value.endswith(b"\\") else b""
    written = b"".join(_WRITTEN.get(byte) or bytes([byte]) for byte in (value[:-1] if last else value))
    return b'"' + written + last + b'"'


def unparse(cond: Cond) -> str:
    """Return the condition in canonical form: ``(a and b)``, ``not x``, ``field op value``."""
    match cond:
        case And(terms):
            return f"({' and '.join(map(unparse, terms))})"
        case Or(terms):
            return f"({' or '.join(map(unparse, terms))})"
        case Not(term):
            return f"not {unparse(term)}"
        case MacroName(name):
            return name
        case Check(left, op, modifier, right):
            words = [
                _operand(left),
                op,
                *([modifier] if modifier else []),
                *([] if right is None else [_operand(right)]),
            ]
            return " ".join(words)


def _argument_of_call(arg: Operand | CallList) -> str:
    """Return an argument, in which only quotes distinguish a constant from a field."""
    return quote(arg.data).decode("utf-8", "surrogateescape") if isinstance(arg, Value) else _operand(arg)


def _operand(operand: Operand | ListValue | CallList) -> str:
    match operand:
        case Value(data):
            return escape(data).decode("utf-8", "surrogateescape")
        case ListValue(items):
            return f"({', '.join(map(_operand, items))})"
        case CallList(items):
            return f"({','.join(map(_argument_of_call, items))})"
        case FieldName(name, arg):
            return name + _argument(arg)
        case Call(name, args, arg):
            return f"{name}({','.join(map(_argument_of_call, args))}){_argument(arg)}"


def _argument(arg: str | None) -> str:
    if arg is None:
        return ""
    return f"[{escape(arg.encode('utf-8', 'surrogateescape')).decode('utf-8', 'surrogateescape')}]"
