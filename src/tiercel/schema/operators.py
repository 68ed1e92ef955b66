# SPDX-License-Identifier: Apache-2.0
"""The comparisons of the rule language."""

from __future__ import annotations

from typing import Final

from tiercel.schema.types import Operator

_NUMBERS: Final = frozenset({"int", "uint"})
_TEXT: Final = frozenset({"str"})
_BYTES: Final = frozenset({"str", "bytes"})
_ALL: Final = frozenset({"str", "bytes", "int", "uint", "bool", "ip", "net"})

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
    Operator("<", "lt", "The number is smaller than the operand.", "scalar", _NUMBERS),
    Operator("<=", "le", "The number is the operand or smaller.", "scalar", _NUMBERS),
    Operator(">", "gt", "The number is greater than the operand.", "scalar", _NUMBERS),
    Operator(">=", "ge", "The number is the operand or greater.", "scalar", _NUMBERS),
    Operator("in", "in", "The value equals one of the operands.", "list", _ALL, cost=2),
    Operator("contains", "contains", "The operand occurs somewhere in the value.", "scalar", _BYTES, cost=3),
    Operator(
        "icontains",
        "icontains",
        "The operand occurs somewhere in the text, whatever the case of letters.",
        "scalar",
        _TEXT,
        cost=4,
    ),
    Operator("startswith", "startswith", "The value begins with the operand.", "scalar", _BYTES, cost=2),
    Operator("endswith", "endswith", "The value ends with the operand.", "scalar", _BYTES, cost=2),
    Operator(
        "glob",
        "glob",
        "The whole text fits the shell pattern: * any run, ? one character, [...] one of a set.",
        "scalar",
        _TEXT,
        cost=5,
    ),
    Operator(
        "pmatch",
        "pmatch",
        "One of the operands is the path or a directory above it; its components may be shell patterns.",
        "list",
        _TEXT,
        cost=3,
    ),
    Operator("exists", "exists", "The field has a value, be it empty.", "none", _ALL),
)
