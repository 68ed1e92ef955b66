# SPDX-License-Identifier: Apache-2.0
"""Lookup of the fields that conditions, outputs and exceptions name."""

from __future__ import annotations

from typing import Final

from tiercel.lang.suggest import suggest
from tiercel.schema.known_events import EVENT_CODES
from tiercel.schema.known_params import PARAM_TYPES
from tiercel.schema.names import FIELD_BY_NAME, FieldNameError, FieldRef, field_ref
from tiercel.schema.types import Field

__all__ = ["BindError", "bind"]

_MAX_NAME: Final = 100  # characters; no field has so many
_EXAMPLES: Final = {"param": "res", "event": "open", "": "cpu"}


class BindError(Exception):
    """Unknown field name, or an argument that does not fit the field.

    Attributes:
        code: key of the wording table.
        values: values for the placeholders in the texts of the code.
    """

    def __init__(self, code: str, **values: str) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


def bind(name: str, arg: str | None) -> FieldRef:
    """Return the field of a name and argument as written; ``evt.arg.flags`` is the field ``evt.arg`` with an argument.

    Raises:
        BindError: E201, E205, E206, E207, E208 or E209.
    """
    try:
        return field_ref(name, arg)
    except FieldNameError as problem:
        row, given = problem.field, problem.arg
        if row is None:
            raise BindError("E201", field=name, suggestion=_hint(name)) from None
        match problem.reason:
            case "missing":
                raise BindError("E206", field=row.name, suggestion=f"write {_example(row)}") from None
            case "refused":
                raise BindError("E205", field=row.name) from None
            case "no_param":
                raise BindError("E209", name=given, suggestion=suggest(given, PARAM_TYPES)) from None
            case "no_event":
                raise BindError("E208", name=given, suggestion=suggest(given, EVENT_CODES)) from None
            case _:
                raise BindError("E207", field=row.name, arg=given, takes=_takes(row)) from None


def _hint(name: str) -> str:
    if name.startswith("static.") and len(name) <= _MAX_NAME:
        return f"give it a value in the configuration: -o static_fields.{name.removeprefix('static.')}=…"
    return _in_brackets(name) or suggest(name, FIELD_BY_NAME)


def _in_brackets(name: str) -> str:
    """Return a suggestion for ``proc.env.HOME``: most arguments belong in brackets."""
    dots = (at for at in range(min(len(name) - 1, _MAX_NAME), 0, -1) if name[at] == ".")
    stem = next((name[:at] for at in dots if name[:at] in FIELD_BY_NAME), "")
    row = FIELD_BY_NAME.get(stem)
    return f"write `{stem}[{name[len(stem) + 1 :]}]`" if row is not None and "key" in row.forms else ""


def _takes(row: Field) -> str:
    if "dotted" in row.forms:
        return f"a name after a dot{', or a number in brackets' if 'index' in row.forms else ''}: {_example(row)}"
    if "key" in row.forms:
        return f"a name in brackets: {_example(row)}"
    return f"a number in brackets: {_example(row)}"


def _example(row: Field) -> str:
    words = row.names.split() or [""]
    shown = [f"`{row.name}.{_EXAMPLES.get(word, word)}`" for word in words if "dotted" in row.forms]
    if "index" in row.forms:
        shown.append(f"`{row.name}[1]`")
    if "key" in row.forms:
        shown.append(f"`{row.name}[name]`")
    return " or ".join(shown)
