# SPDX-License-Identifier: Apache-2.0
"""E10x and E11x: YAML, and the form of items."""

from __future__ import annotations

from typing import Final

from tiercel.lang.wording.row import Wording

__all__ = ["ROWS"]

_PARSE: Final = "LOAD_ERR_YAML_PARSE"
_STRUCTURE: Final = "LOAD_ERR_YAML_VALIDATE"

ROWS: Final = {
    "E101": Wording("this is not YAML: {problem}", "{suggestion}", _PARSE),
    "E102": Wording("the file cannot be read: {problem}", "{suggestion}", "LOAD_ERR_FILE_READ"),
    "E103": Wording(
        "a rule file is a list of items, but this is {found}",
        "begin each item with `- rule:`, `- macro:` or `- list:`",
        _STRUCTURE,
    ),
    "E104": Wording(
        "an item is a mapping, but this is {found}",
        "write `- rule: …`, `- macro: …` or `- list: …` and its keys below",
        _STRUCTURE,
    ),
    "E105": Wording("{owner} has no `{key}`", "{suggestion}", _STRUCTURE),
    "E106": Wording("`{key}` is empty", "give it a value or remove the key", _STRUCTURE),
    "E107": Wording("`{key}` takes one value, but this is {found}", "", _STRUCTURE),
    "E108": Wording("`{key}` takes a list, but this is {found}", "write `{key}: [a, b]`", _STRUCTURE),
    "E109": Wording(
        "`{value}` is not a priority",
        "{suggestion}",
        _STRUCTURE,
    ),
    "E110": Wording(
        "`{key}` is true or false, but this is `{value}`", "write `{key}: true` or `{key}: false`", _STRUCTURE
    ),
    "E111": Wording(
        "`{key}` is a whole number, but this is `{value}`", "write digits alone, without a unit", _STRUCTURE
    ),
    "E148": Wording("an element of `{key}` is empty", "{suggestion}", _STRUCTURE),
    "E149": Wording("an element of `{key}` is one value, but this is {found}", "", _STRUCTURE),
    "E112": Wording("{what} is too large: {size}, and at most {limit} are accepted", "split it", _STRUCTURE),
    "E113": Wording("the alias `*{name}` stands inside the value that it names", "remove the alias", _PARSE),
    "E114": Wording(
        "`{value}` is not a version", "write three numbers, `0.57.0`, or one engine number, `57`", _STRUCTURE
    ),
    "E115": Wording("`{key}` takes a mapping, but this is {found}", "", _STRUCTURE),
    "E116": Wording("`{key}` cannot be {verb}", "{suggestion}", _STRUCTURE),
    "E117": Wording("`{value}` is not something that `override` can do to `{key}`", "write {allowed}", _STRUCTURE),
    "E118": Wording(
        "`override` names `{key}`, but {owner} has no such key",
        "add the key with its new value, or remove it from `override`",
        _STRUCTURE,
    ),
    "E119": Wording(
        "`{key}` is given but `override` does not say whether it is appended or replaced",
        "add `{key}: append` or `{key}: replace` under `override`",
        _STRUCTURE,
    ),
    "E155": Wording(
        "there is no rule in {files}",
        "a file that is being rewritten is empty for a moment; a folder is read for *.yaml and *.yml",
    ),
}
