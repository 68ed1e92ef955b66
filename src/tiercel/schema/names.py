# SPDX-License-Identifier: Apache-2.0
"""Lookup of rows by name, as conditions, outputs and mappings spell them."""

from __future__ import annotations

import re
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from tiercel.frozen import frozen
from tiercel.schema.events import EVENTS
from tiercel.schema.fields import FIELDS
from tiercel.schema.flags import FLAG_TABLES, VARIANT_TABLES
from tiercel.schema.known_events import EVENT_CODES
from tiercel.schema.known_params import PARAM_TYPES
from tiercel.schema.operators import OPERATORS
from tiercel.schema.transformers import TRANSFORMERS
from tiercel.schema.types import Event, Field, Param, T, ValueType

EVENT_BY_NAME: Final = MappingProxyType({event.name: event for event in reversed(EVENTS)})
"""Event by name; the first one if several events share the name."""

EVENT_BY_CODE: Final = MappingProxyType({event.code: event for event in EVENTS})
FIELD_BY_NAME: Final = MappingProxyType({field.name: field for field in FIELDS})
FLAG_TABLE_BY_NAME: Final = MappingProxyType({table.name: table for table in FLAG_TABLES})
VARIANTS_BY_NAME: Final = MappingProxyType({table.name: table for table in VARIANT_TABLES})
OPERATOR_BY_NAME: Final = MappingProxyType({
    spelling: operator for operator in OPERATORS for spelling in (operator.name, *operator.aliases)
})  # fmt: skip

TRANSFORMER_BY_NAME: Final = MappingProxyType({row.name: row for row in TRANSFORMERS})

_DOTTED: Final = tuple(sorted((row.name for row in FIELDS if "dotted" in row.forms), key=len, reverse=True))
_INDEX: Final = re.compile(r"(?:0|[1-9][0-9]{0,18})\Z")
_LETTERS: Final = re.compile(r"[A-Za-z_]+\Z")
_INDEX_LIMIT: Final = 2**31 - 1
_LONG_INDEX_LIMIT: Final = 2**63 - 1


@frozen
class FieldRef:
    """A field with its argument, ``proc.aname[2]`` or ``evt.arg.flags``."""

    field: Field
    arg: int | str | None = None

    def __str__(self) -> str:
        if self.arg is None:
            return self.field.name
        dotted = "dotted" in self.field.forms and isinstance(self.arg, str)
        return f"{self.field.name}.{self.arg}" if dotted else f"{self.field.name}[{self.arg}]"

    @property
    def type(self) -> ValueType:
        """Type of the values, for operators, comparison and printing; for ``evt.rawarg`` the type of the param."""
        return PARAM_TYPES.get(str(self.arg), self.field.type) if self.field.type is T.DYN else self.field.type

    @property
    def fmt(self) -> str:
        """Print format of numbers; for ``evt.rawarg`` the format of the param."""
        if self.field.type is not T.DYN:
            return self.field.fmt
        return next((param.fmt for _, param in params_named(str(self.arg))), self.field.fmt)

    @property
    def multi(self) -> str | None:
        """Kind of a field with several values, else None; an argument selects one value, but a list stays a list."""
        return self.field.multi if self.arg is None or self.field.multi == "list" else None

    @property
    def path(self) -> bool:
        """True if the value has two bindings; for ``evt.arg``, if some event's param of that name is a path."""
        if self.field.arg != "param":
            return self.field.path
        if isinstance(self.arg, int):
            return any(p.type.is_path for e in EVENTS if not e.internal for p in e.params[self.arg : self.arg + 1])
        return any(param.type.is_path for _, param in params_named(str(self.arg)))


class FieldNameError(ValueError):
    """A name or an argument that no field has.

    Attributes:
        reason: ``unknown``, ``missing`` (the argument), ``refused`` (any argument), ``unfit`` (this argument),
            ``no_param`` or ``no_event`` (no such name for it).
        field: the row, where only the argument is wrong.
        arg: the argument.
    """

    def __init__(self, reason: str, field: Field | None = None, arg: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.field = field
        self.arg = arg


@lru_cache(maxsize=512)
def field_ref(name: str, arg: str | None = None) -> FieldRef:
    """Return the field of a name and of an argument in brackets; a name may contain its argument after a dot.

    Raises:
        FieldNameError: there is no such field, or its argument is missing, superfluous or wrong.
    """
    row = FIELD_BY_NAME.get(name)
    if row is None:
        # evt.arg.NAME: the longest name of a field that takes a dotted argument is followed by the argument.
        stem = next((stem for stem in _DOTTED if name.startswith(stem + ".")), None)
        if stem is None or arg is not None:
            raise FieldNameError("unknown")
        return _dotted(FIELD_BY_NAME[stem], name[len(stem) + 1 :])
    if arg is None:
        if "alone" not in row.forms:
            raise FieldNameError("missing", row)
        return FieldRef(row)
    if row.arg == "none":
        raise FieldNameError("refused", row, arg)
    if "index" in row.forms and _INDEX.match(arg):
        index = int(arg)
        if index < (_LONG_INDEX_LIMIT if row.arg == "index" else _INDEX_LIMIT):
            return FieldRef(row, index)
    if "key" not in row.forms or not arg:
        raise FieldNameError("unfit", row, arg)
    return FieldRef(row, arg)


def _dotted(row: Field, arg: str) -> FieldRef:
    match row.names:
        case "param":
            known, reason = arg in PARAM_TYPES, "no_param"
        case "event":
            known, reason = arg in EVENT_CODES, "no_event"
        case "":
            known, reason = _LETTERS.match(arg) is not None, "unfit"
        case words:
            known, reason = arg in words.split(), "unfit"
    if not known:
        raise FieldNameError(reason, row, arg)
    return FieldRef(row, arg)


def params_named(name: str) -> tuple[tuple[Event, Param], ...]:
    """Return every param called ``name`` that rules can see, with its event."""
    return tuple(
        (event, param) for event in EVENTS if not event.internal for param in event.params if param.name == name
    )


def slot(event: Event) -> int:
    """Return the dense number of an event: index of its filler and of masks."""
    return _SLOTS[event.code]


_SLOTS: Final = MappingProxyType({event.code: number for number, event in enumerate(EVENTS)})
