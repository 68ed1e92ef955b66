# SPDX-License-Identifier: Apache-2.0
"""Looks up the fields that conditions, outputs and exceptions name."""

from __future__ import annotations

import re
from typing import Final

from tiercel.lang.suggest import suggest
from tiercel.schema.events import EVENTS
from tiercel.schema.names import FIELD_BY_NAME, FieldRef
from tiercel.schema.types import Field

__all__ = ["PARAM_NAMES", "BindError", "bind"]

PARAM_NAMES: Final = frozenset(param.name for event in EVENTS if not event.internal for param in event.params)
"""Names of the params of all events that rules can see."""

_DOTTED: Final = tuple(
    sorted((name for name, row in FIELD_BY_NAME.items() if row.arg == "param"), key=len, reverse=True)
)
_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,8}")


class BindError(Exception):
    """A name that is no field, or an argument that does not fit it.

    Attributes:
        code: key of the wording table.
        values: what the texts of the code name.
    """

    def __init__(self, code: str, **values: str) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


def bind(name: str, arg: str | None) -> FieldRef:
    """Return the field of a name and argument as written; ``evt.arg.flags`` is the field ``evt.arg`` with an argument.

    Raises:
        BindError: E201, E205, E206, E207 or E209.
    """
    row = FIELD_BY_NAME.get(name)
    if row is None:
        stem = next((stem for stem in _DOTTED if name.startswith(stem + ".")), None)
        if stem is None or arg is not None:
            raise BindError("E201", field=name, suggestion=suggest(name, FIELD_BY_NAME))
        return FieldRef(FIELD_BY_NAME[stem], _param(name[len(stem) + 1 :]))
    if arg is None:
        if row.arg in {"index", "key", "param"}:
            raise BindError("E206", field=name, suggestion=f"write {_example(row)}")
        return FieldRef(row)
    if row.arg == "none":
        raise BindError("E205", field=name)
    if row.arg in {"key", "optional_key"}:
        return FieldRef(row, arg)
    if not _INDEX.fullmatch(arg):
        raise BindError("E207", field=name, arg=arg, takes=f"a number in brackets: {_example(row)}")
    return FieldRef(row, int(arg))


def _param(name: str) -> str:
    if name not in PARAM_NAMES:
        raise BindError("E209", name=name, suggestion=suggest(name, PARAM_NAMES))
    return name


def _example(row: Field) -> str:
    if row.arg == "param":
        return f"`{row.name}.name` or `{row.name}[1]`"
    return f"`{row.name}[1]`" if row.arg.endswith("index") else f"`{row.name}[name]`"
