# SPDX-License-Identifier: Apache-2.0
"""E2xx: names and types."""

from __future__ import annotations

from typing import Final

from tiercel.lang.wording.row import Wording

__all__ = ["ROWS"]

_VALIDATE: Final = "LOAD_ERR_VALIDATE"
_CONDITION: Final = "LOAD_ERR_COMPILE_CONDITION"
_OUTPUT: Final = "LOAD_ERR_COMPILE_OUTPUT"

ROWS: Final = {
    "E201": Wording("there is no field `{field}`", "{suggestion}", _CONDITION),
    "E202": Wording("there is no macro `{name}`", "{suggestion}", _VALIDATE),
    "E203": Wording("`{op}` compares {takes}, but `{field}` is {kind}", "{suggestion}", _CONDITION),
    "E204": Wording("`{field}` is {kind}, but `{value}` is not", "{suggestion}", _CONDITION),
    "E205": Wording("`{field}` takes no argument", "write `{field}` alone", _CONDITION),
    "E206": Wording("`{field}` needs an argument", "{suggestion}", _CONDITION),
    "E207": Wording("`{arg}` does not fit `{field}`, which takes {takes}", "", _CONDITION),
    "E208": Wording("there is no event `{name}`", "{suggestion}", _CONDITION),
    "E209": Wording("no event has a param `{name}`", "{suggestion}", _CONDITION),
    "E210": Wording("macro `{name}` uses itself: {path}", "break the circle", _VALIDATE),
    "E211": Wording(
        "the condition has {size} checks, with its macros filled in, and at most {limit} are accepted",
        "use lists with `in` instead of many checks",
        _CONDITION,
    ),
    "E215": Wording(
        "the type of an event is compared with names only, not with fields or through transformers",
        "write `evt.type = openat` or `evt.type in (open, openat)`",
        _CONDITION,
    ),
    "E218": Wording("there is no field `{field}` to print", "{suggestion}", _OUTPUT),
    "E220": Wording(
        "the rule was defined with the source `{was}` before",
        "keep the source, or give the rule another name",
        _VALIDATE,
    ),
    "E221": Wording("there is no {kind} `{name}` to {verb}", "{suggestion}", _VALIDATE),
    "E222": Wording(
        "the rules need engine {wanted}, but this version of tiercel implements engine {have}",
        "update tiercel, or use rules for an older engine",
        _VALIDATE,
    ),
    "E223": Wording("`{key}: {value}` does nothing here", "{suggestion}", _VALIDATE),
    "E224": Wording("`{comp}` is not an operator that exceptions can use", "{suggestion}", _VALIDATE),
    "E225": Wording("`{field}` is not a field that exceptions can use", "{suggestion}", _VALIDATE),
    "E226": Wording(
        "`fields` and `{key}` must have the same number of elements, but have {want} and {have}", "", _VALIDATE
    ),
    "E227": Wording("{problem}", "{suggestion}", _VALIDATE),
    "E228": Wording(
        "exception `{name}` exists already: only `values` can be appended to it, not `{key}`",
        "remove `{key}`",
        _VALIDATE,
    ),
    "E229": Wording("the rules need the plugin {wanted}, but {have}", "{suggestion}", _VALIDATE),
    "E230": Wording(
        "the condition is {depth} levels deep after its macros are filled in, and at most {limit} are accepted",
        "flatten the macros",
        _CONDITION,
    ),
    "E240": Wording("`{name}` takes {want}, but has {have}", "{usage}", _CONDITION),
    "E241": Wording("`{name}` takes nothing in brackets", "remove `[…]`", _CONDITION),
    "E242": Wording(
        "`{arg}` is not one letter, which is what stands in brackets after `{name}`",
        'write the letter of the option, `getopt((…), "a:b")[a]`',
        _CONDITION,
    ),
    "E243": Wording("`{field}` cannot be the argument of a transformer", "use the field itself", _CONDITION),
    "E244": Wording("`{name}` takes {takes}, but `{arg}` is {kind}", "{usage}", _CONDITION),
    "E245": Wording(
        "`{field}` can only be compared with constants", "it is compared in a way of its own: write a value", _CONDITION
    ),
    "E246": Wording(
        "`{field}` cannot stand on the right of an operator",
        "it is compared in a way of its own, with constants only",
        _CONDITION,
    ),
    "E247": Wording("`{op}` takes constants only, no field and no transformer", "write the pattern itself", _CONDITION),
    "E248": Wording(
        "`{left}` is {left_kind}, but `{right}` is {right_kind}",
        "fields can be compared if they have the same type",
        _CONDITION,
    ),
    "E272": Wording("`{word}(` is nothing that can be printed", "{suggestion}", _OUTPUT),
    "E273": Wording("`{name}` is not a field", "name one field, or write `{{name: text with %fields}}`", _OUTPUT),
    "E280": Wording("`{value}` is no regular expression: {reason}", "{suggestion}", _CONDITION),
    "E281": Wording(
        "`{op}` compares with bytes, but `{value}` is not hexadecimal digits, two for each", "{suggestion}", _CONDITION
    ),
    "E285": Wording(
        "no operator but `exists` takes `{field}`, a param of the type {type}",
        "compare its text: `evt.arg.{param}`",
        _CONDITION,
    ),
}
