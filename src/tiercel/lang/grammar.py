# SPDX-License-Identifier: Apache-2.0
"""The words of the condition language: operators, modifiers, transformers.

Which operand an operator takes is a fact of the language and stands here for all of Falco's; whether an operator can be
evaluated, and on which types, is a row in :mod:`tiercel.schema.operators`.  A row for a new operator is enough: it is
read by the lexer with the operand that the row states.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Final, Literal

from tiercel.schema.modifiers import MODIFIERS as _MODIFIERS
from tiercel.schema.operators import OPERATORS
from tiercel.schema.transformers import TRANSFORMERS as _ROWS

__all__ = ["KEYWORDS", "LIST_OPERATORS", "MODIFIERS", "OPERATOR", "SHAPES", "TRANSFORMERS", "Shape"]

Shape = Literal["none", "number", "text", "list"]

KEYWORDS: Final = frozenset({"and", "or", "not"})
MODIFIERS: Final = tuple(row.name for row in _MODIFIERS)
TRANSFORMERS: Final = tuple(row.name for row in _ROWS)

_FALCO: Final[dict[str, Shape]] = {
    "exists": "none",
    "<=": "number",
    "<": "number",
    ">=": "number",
    ">": "number",
    "==": "text",
    "=": "text",
    "!=": "text",
    "glob": "text",
    "iglob": "text",
    "contains": "text",
    "icontains": "text",
    "bcontains": "text",
    "startswith": "text",
    "bstartswith": "text",
    "endswith": "text",
    "regex": "text",
    "intersects": "list",
    "in": "list",
    "pmatch": "list",
}


def _shapes() -> dict[str, Shape]:
    shapes = dict(_FALCO)
    by_operand: dict[str, Shape] = {"none": "none", "scalar": "text", "list": "list"}
    for row in OPERATORS:
        for spelling in (row.name, *row.aliases):
            shapes.setdefault(spelling, by_operand[row.operand])
    return shapes


SHAPES: Final = MappingProxyType(_shapes())
"""Operand that each spelling of an operator takes."""

LIST_OPERATORS: Final = tuple(name for name, shape in SHAPES.items() if shape == "list")


def _operator_pattern() -> re.Pattern[str]:
    """One pattern for all operators.  Words that take text must be followed by a blank, other words need not be."""
    symbols = sorted((name for name in SHAPES if not name[0].isalpha()), key=len, reverse=True)
    spaced = sorted((name for name, shape in SHAPES.items() if name[0].isalpha() and shape == "text"), key=len)
    loose = sorted((name for name, shape in SHAPES.items() if name[0].isalpha() and shape != "text"), key=len)
    words = [rf"(?:{'|'.join(reversed(spaced))})(?=[ \t\b\r\n])", *reversed(loose)]
    return re.compile("|".join([*map(re.escape, symbols), *words]))


OPERATOR: Final = _operator_pattern()
