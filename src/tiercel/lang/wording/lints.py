# SPDX-License-Identifier: Apache-2.0
"""W5xx: valid rules with a probable mistake."""

from __future__ import annotations

from typing import Final

from tiercel.lang.wording.row import Wording

__all__ = ["ROWS"]

ROWS: Final = {
    "W518": Wording("more warnings follow; they are not shown"),
    "W501": Wording("unknown key `{key}` is ignored", "{suggestion}", "LOAD_UNKNOWN_KEY"),
    "W502": Wording("the item is neither rule, macro nor list, and is ignored", "{suggestion}", "LOAD_UNKNOWN_ITEM"),
    "W503": Wording("macro `{name}` is not used", "remove it, or use it in a condition", "LOAD_UNUSED_MACRO"),
    "W504": Wording("list `{name}` is not used", "{suggestion}", "LOAD_UNUSED_LIST"),
    "W505": Wording(
        "`{name}` cannot be written in a condition",
        "a macro's name is letters, digits and `_`, and begins with a letter",
        "LOAD_INVALID_MACRO_NAME",
    ),
    "W506": Wording(
        "`{name}` cannot be found in a condition",
        "a list's name has no blanks, quotes, commas, `=` or parentheses",
        "LOAD_INVALID_LIST_NAME",
    ),
    "W507": Wording(
        "the condition holds for events of nearly every type, which makes the rule slow",
        "add a check such as `evt.type in (open, openat)`",
        "LOAD_NO_EVTTYPE",
    ),
    "W508": Wording("{what} is deprecated", "{suggestion}", "LOAD_DEPRECATED_ITEM"),
    "W509": Wording(
        "there is no source `{source}`, so the rule is left out",
        "the source of system calls is `syscall`",
        "LOAD_UNKNOWN_SOURCE",
    ),
    "W510": Wording(
        "`{value}` is compared as text, although there is such a {what}",
        "write `{suggestion}` to compare with its value",
        "LOAD_COMPILE_CONDITION",
    ),
    "W511": Wording("`{key}` is given twice; the first one counts", "remove one"),
    "W512": Wording("the live sensor does not report {names}; rules see {them} in captures only"),
    "W513": Wording("the condition can never hold", "{suggestion}"),
    "W520": Wording(
        "no event gives a value to {names} in this version of tiercel: {reason}",
        "checks of it are false and outputs print `<NA>`, except for events that are given as mappings",
    ),
    "W521": Wording("`{check}` and `{other}` cannot both hold", "{suggestion}: join them with `or`, or remove one"),
    "W522": Wording("`{value}` needs no regular expression, which is slow", "{suggestion}", "LOAD_COMPILE_CONDITION"),
    "W523": Wording(
        "`{check}` costs as much as {times} comparisons of numbers",
        "put checks that are seldom true beside it with `and`, or use a shorter list",
    ),
    "W524": Wording("`{check}` can never hold: {reason}", "use another constant, or remove the check"),
    "W525": Wording("there is no list `{name}`, so it is compared as text", "{suggestion}"),
    "W529": Wording(
        "`{field}` has no room for `{value}`, which counts as {number}", "write a number that the field can have"
    ),
    "W514": Wording("{problem}; the rule is left out, as `skip-if-unknown-filter` requests", "", "LOAD_UNKNOWN_FILTER"),
    "W515": Wording(
        "comparing with `<NA>` does not find a missing value", "write `not {field} exists`", "LOAD_UNSAFE_NA_CHECK"
    ),
    "W516": Wording("exception `{name}` has no values, so nothing is appended", "", "LOAD_APPEND_NO_VALUES"),
    "W517": Wording(
        "the rule has two exceptions `{name}`", "give them different names", "LOAD_EXCEPTION_NAME_NOT_UNIQUE"
    ),
    "W535": Wording(
        "there is no field `{whole}`: this prints `{field}` and then `{rest}`",
        "remove `{rest}`, or put a blank before it",
    ),
    "W530": Wording("`override` takes a mapping, but this is {found}, and is ignored", "{suggestion}"),
    "W531": Wording("unknown key `{key}` of an exception is ignored", "{suggestion}"),
    "N540": Wording(
        "nearly every {names} must leave the kernel for this rule, which slows down everything that does it",
        "add what the kernel can decide, such as `fd.name startswith /etc/`, `evt.is_open_write = true` or "
        "`evt.failed = true`",
    ),
    "W547": Wording("`{field}` can be compared but not printed: alerts show `{shown}`", "{suggestion}"),
    "W548": Wording("`{field}` of {names} is {base}, which never holds `{bit}`", "test the bit with {suggestion}"),
    "W545": Wording("the file is empty", "remove it; a file that is being rewritten is empty for a moment"),
    "W546": Wording("the folder holds no rule file", "names of rule files end in .yaml or .yml"),
}
