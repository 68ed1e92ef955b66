# SPDX-License-Identifier: Apache-2.0
"""Hints about words at invalid positions of a condition."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from tiercel.lang.diagnostics import show
from tiercel.lang.grammar import MODIFIERS, SHAPES, TRANSFORMERS
from tiercel.lang.suggest import suggest
from tiercel.schema.names import FIELD_BY_NAME

__all__ = [
    "FOREIGN",
    "OPERATORS",
    "call_hint",
    "check_hint",
    "following_hint",
    "macro_hint",
    "operator_hint",
    "several_hint",
]

OPERATORS: Final = "the operators are " + ", ".join(SHAPES)
"""All operators."""

FOREIGN: Final = MappingProxyType(
    {"&&": "write `and`", "||": "write `or`", "AND": "write `and`", "OR": "write `or`", "!": "write `not`"}
)
"""Junctions of other languages, by their spelling there."""

_ALIASES: Final = {
    "notin": "write `not field in (…)`",
    "not": "write `not` before the field: `not field = value`",
    "!": "write `not` before the field: `not field = value`",
    "~": "for patterns there are glob and regex",
    "=~": "for patterns there are glob and regex",
    "like": "for patterns there are glob and regex",
    "matches": "for patterns there are glob and regex",
    "is": "write `=`",
    "equals": "write `=`",
}


_NO_COMMENTS: Final = "conditions have no comments; put it above the rule"


def check_hint(found: str) -> str:
    """Return a hint about a character that cannot start a check."""
    if found == "#":
        return _NO_COMMENTS
    if found == "%":
        return "only outputs have `%` before a field"
    if found and found in "\"'0123456789":
        return "every check names its field: `field = value`; for several values write `field in (a, b)`"
    return "a field has a dot in it, as `proc.name`; a macro is one word"


def following_hint(found: str) -> str:
    """Return a hint about the text after a whole check, or an empty text."""
    if found.startswith("#"):
        return _NO_COMMENTS
    if found.startswith(","):
        return "several values go in a list: `field in (a, b)`"
    return "the modifiers are single words: oneof, anyof, allof" if found == "of" else ""


def operator_hint(word: str) -> str:
    """Return a hint about a word after a field that is not an operator there."""
    if word in SHAPES:
        return f"put a blank after `{word}`"
    if word.startswith("!") and word[1:] in SHAPES:
        return f"write `not` before the field: `not field {word[1:]} …`"
    if word and not word[0].isalpha() and word.lower() not in _ALIASES and word not in FOREIGN:
        return f"an operator stands between a field and its value: `field = {show(word)}`"
    if word in MODIFIERS:
        return f"a modifier follows an operator: `= {word} (…)`"
    return suggest(word, SHAPES) or _ALIASES.get(word.lower(), "") or OPERATORS


def several_hint(op: str) -> str:
    """Return a hint about a parenthesis after an operator that takes one value."""
    if op in {"=", "=="}:
        return "use `in (…)` to compare with several values"
    return f"put text that begins with `(` in quotes; with several values write `{op} anyof (…)` or `{op} allof (…)`"


def macro_hint(name: str, following: str) -> str:
    """Return a hint about a word without a dot that neither ``and`` nor ``or`` follows."""
    if following in FOREIGN:
        return FOREIGN[following]
    if name in {"and", "or"}:
        return f"remove `{name}`, or write the check that is missing before it"
    if name == "not" or following == "not":
        return "join checks with `and` or `or`"
    if name in TRANSFORMERS:
        return f"write `{name}({following or '…'})`"
    close = [row.name for row in FIELD_BY_NAME.values() if row.name.endswith(f".{name}") and not row.hidden]
    close.sort(key=lambda field: field.count("."))
    if close:
        return f"a field has a dot in it: did you mean {' or '.join(f'`{field}`' for field in close[:5])}?"
    return "a field has a dot in it, as `proc.name`; join checks with `and` or `or`"


def call_hint(word: str) -> str:
    """Return a hint about a word before ``(`` that is not a transformer there."""
    if word.lower() in MODIFIERS:
        return f"write `{word.lower()}` in small letters with a blank before and after it"
    if word in TRANSFORMERS:
        return f"write `{word}(` without a blank"
    if word == "val":
        return "`val(…)` stands on the right of an operator only"
    return suggest(word, TRANSFORMERS) or f"the transformers are {', '.join(TRANSFORMERS)}"
