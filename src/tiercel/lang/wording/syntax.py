# SPDX-License-Identifier: Apache-2.0
"""E12x to E14x: the syntax of conditions and outputs."""

from __future__ import annotations

from typing import Final

from tiercel.lang.wording.row import Wording

__all__ = ["ROWS"]

_CONDITION: Final = "LOAD_ERR_COMPILE_CONDITION"
_OUTPUT: Final = "LOAD_ERR_COMPILE_OUTPUT"

ROWS: Final = {
    "E147": Wording(
        "the list `{name}` cannot stand here, where it is pasted as {content}", "write `in ({name})`", _CONDITION
    ),
    "E146": Wording("more errors follow; they are not shown"),
    "E120": Wording("the condition is empty", "write what must hold, for example `evt.type = execve`", _CONDITION),
    "E121": Wording("expected `and`, `or` or the end of the condition, found {found}", "{suggestion}", _CONDITION),
    "E122": Wording("`{word}` must be followed by a blank or `(`", "write `… {word} field = value`", _CONDITION),
    "E123": Wording("this `(` is never closed", "add the missing `)`", _CONDITION),
    "E124": Wording(
        "expected a field, a macro or `(`, found {found}",
        "{suggestion}",
        _CONDITION,
    ),
    "E125": Wording("`{field}` is compared with nothing", "{suggestion}", _CONDITION),
    "E126": Wording(
        "`{op}` takes a number, found {found}",
        "write digits, or compare with another field: `{op} val(field)`",
        _CONDITION,
    ),
    "E127": Wording("`{op}` takes a value, found {found}", "{suggestion}", _CONDITION),
    "E128": Wording("`{op}` takes a list, found {found}", "write the values in parentheses: `{op} (a, b)`", _CONDITION),
    "E129": Wording(
        "the field argument is not closed or empty",
        'write `field[3]`, `field[name]` or `field["any text"]`',
        _CONDITION,
    ),
    "E130": Wording(
        "this `[` is never closed",
        "add the missing `]`; an argument with blanks or brackets goes in quotes",
        _CONDITION,
    ),
    "E131": Wording("`{name}` takes a field, a transformer, a number or text in quotes, found {found}", "", _CONDITION),
    "E132": Wording("`{name}(` is never closed", "add the missing `)`", _CONDITION),
    "E133": Wording("more than {limit} levels of parentheses", "split the condition into macros", _CONDITION),
    "E134": Wording(
        "`{escape}` is not an escape",
        "the escapes are \\b \\f \\n \\r \\t \\\\ \\/ \\xHH and the quote itself; a backslash is written `\\\\`",
        _CONDITION,
    ),
    "E135": Wording(
        "the text that begins here with {quote} is never closed",
        "add the closing quote; one directly after a backslash does not close",
        _CONDITION,
    ),
    "E136": Wording(
        "expected a value of the list, found {found}", "remove the comma, or put the value in quotes", _CONDITION
    ),
    "E137": Wording(
        "expected `,` or `)` in the list, found {found}", "put values that contain blanks in quotes", _CONDITION
    ),
    "E138": Wording("this `)` closes nothing", "remove it, or add the missing `(`", _CONDITION),
    "E139": Wording("`and` cannot follow `or(…)`", "put a blank between `or` and `(`", _CONDITION),
    "E140": Wording("`{name}` is read as a macro, which stands alone, but {found} follows", "{suggestion}", _CONDITION),
    "E141": Wording("`{word}(` is not a transformer", "{suggestion}", _CONDITION),
    "E142": Wording("`{word}` is not an operator", "{suggestion}", _CONDITION),
    "E143": Wording("the output ends with a bare `%`", "name a field after it, as `%proc.name`", _OUTPUT),
    "E144": Wording("no field follows `%{found}`", "{suggestion}", _OUTPUT),
    "E145": Wording(
        "`{value}` holds more than 255 bytes",
        "a constant has at most 255 bytes; use `contains` on a shorter part",
        _CONDITION,
    ),
    "E270": Wording("the output is empty", "write what alerts say, for example `%proc.name opened %fd.name`", _OUTPUT),
    "E271": Wording("the output ends with a width", "name a field after it, as `%10proc.name`", _OUTPUT),
}
