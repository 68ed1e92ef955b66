# SPDX-License-Identifier: Apache-2.0
"""Vocabulary of the condition language: operators, modifiers, transformers.

The kind of an operator's operand is a part of the language, and defined here for all operators of Falco. The supported
operators, and their types, are rows in :mod:`tiercel.schema.operators`.  A new operator only needs a row: the lexer
reads it with the operand of that row.
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
"""Kind of operand by spelling of the operator."""

LIST_OPERATORS: Final = tuple(name for name, shape in SHAPES.items() if shape == "list")


def _operator_pattern() -> re.Pattern[str]:
    """Return one pattern for all operators.  A blank must follow a word that takes text, but no other word."""
    symbols = sorted((name for name in SHAPES if not name[0].isalpha()), key=len, reverse=True)
    spaced = sorted((name for name, shape in SHAPES.items() if name[0].isalpha() and shape == "text"), key=len)
    loose = sorted((name for name, shape in SHAPES.items() if name[0].isalpha() and shape != "text"), key=len)
    words = [rf"(?:{'|'.join(reversed(spaced))})(?=[ \t\b\r\n])", *reversed(loose)]
    return re.compile("|".join([*map(re.escape, symbols), *words]))


OPERATOR: Final = _operator_pattern()
