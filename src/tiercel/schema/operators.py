# SPDX-License-Identifier: Apache-2.0
"""The comparisons of the rule language."""

from __future__ import annotations

from typing import Final

from tiercel.schema.types import Operator

_ORDERED: Final = frozenset({"str", "int", "uint", "double"})
_TEXT: Final = frozenset({"str"})
_BYTES: Final = frozenset({"bytes"})
_ALL: Final = frozenset({"str", "bytes", "int", "uint", "bool", "ip", "net", "double"})

OPERATORS: Final[tuple[Operator, ...]] = (
    Operator(
        "=",
        "eq",
        "The value equals the operand; an address lies in the operand's network.",
        "scalar",
        _ALL,
        aliases=("==",),
    ),
    Operator("!=", "ne", "There is a value and it differs from the operand.", "scalar", _ALL),
    Operator("<", "lt", "The value is smaller than the operand; texts are ordered by their bytes.", "scalar", _ORDERED),
    Operator("<=", "le", "The value is the operand or smaller.", "scalar", _ORDERED),
    Operator(">", "gt", "The value is greater than the operand.", "scalar", _ORDERED),
    Operator(">=", "ge", "The value is the operand or greater.", "scalar", _ORDERED),
    Operator(
        "in",
        "in",
        "The value equals one of the operands; of a list, each value does.",
        "list",
        _ALL,
        cost=2,
        lists=True,
    ),
    Operator(
        "intersects",
        "intersects",
        "Some value of a list equals one of the operands; of a single value, as `in`.",
        "list",
        _ALL,
        cost=2,
        lists=True,
    ),
    Operator("contains", "contains", "The operand occurs somewhere in the value.", "scalar", _TEXT | _BYTES, cost=3),
    Operator(
        "icontains",
        "icontains",
        "The operand occurs somewhere in the text, whatever the case of ASCII letters.",
        "scalar",
        _TEXT,
        cost=4,
    ),
    Operator(
        "bcontains",
        "bcontains",
        "The bytes that the operand gives as hexadecimal digits, two a byte, occur somewhere in the value.",
        "scalar",
        _BYTES,
        cost=3,
    ),
    Operator("startswith", "startswith", "The value begins with the operand.", "scalar", _TEXT | _BYTES, cost=2),
    Operator(
        "bstartswith",
        "bstartswith",
        "The value begins with the bytes that the operand gives as hexadecimal digits, two a byte.",
        "scalar",
        _BYTES,
        cost=2,
    ),
    Operator("endswith", "endswith", "The value ends with the operand.", "scalar", _TEXT | _BYTES, cost=2),
    Operator(
        "glob",
        "glob",
        "The whole text fits the shell pattern: * any run, ? one character, [...] one of a set.",
        "scalar",
        _TEXT,
        cost=5,
    ),
    Operator(
        "iglob",
        "iglob",
        "The whole text fits the shell pattern, whatever the case of ASCII letters in either.",
        "scalar",
        _TEXT,
        cost=5,
    ),
    Operator(
        "regex",
        "regex",
        "The whole text fits the regular expression, in RE2's POSIX syntax; bytes that are no UTF-8 count as U+FFFD.",
        "scalar",
        _TEXT,
        cost=8,
        constant=True,
    ),
    Operator(
        "pmatch",
        "pmatch",
        "One of the operands is the path or a directory above it; its components may be shell patterns.",
        "list",
        _TEXT,
        cost=3,
        constant=True,
    ),
    Operator("exists", "exists", "The field has a value, be it empty.", "none", _ALL, lists=True),
)
