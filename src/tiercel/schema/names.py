# SPDX-License-Identifier: Apache-2.0
"""Look-up of rows by name, as conditions, outputs and mappings spell them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from tiercel.schema.events import EVENTS
from tiercel.schema.fields import FIELDS
from tiercel.schema.flags import FLAG_TABLES, VARIANT_TABLES
from tiercel.schema.operators import OPERATORS
from tiercel.schema.transformers import TRANSFORMERS
from tiercel.schema.types import Event, Field, Param, ValueType

EVENT_BY_NAME: Final = MappingProxyType({event.name: event for event in EVENTS})
EVENT_BY_CODE: Final = MappingProxyType({event.code: event for event in EVENTS})
FIELD_BY_NAME: Final = MappingProxyType({field.name: field for field in FIELDS})
FLAG_TABLE_BY_NAME: Final = MappingProxyType({table.name: table for table in FLAG_TABLES})
VARIANTS_BY_NAME: Final = MappingProxyType({table.name: table for table in VARIANT_TABLES})
OPERATOR_BY_NAME: Final = MappingProxyType({
    spelling: operator for operator in OPERATORS for spelling in (operator.name, *operator.aliases)
})  # fmt: skip

TRANSFORMER_BY_NAME: Final = MappingProxyType({row.name: row for row in TRANSFORMERS})

_REFERENCE: Final = re.compile(r"(?P<name>[A-Za-z0-9_.]+?)(?:\[(?P<arg>[^\]]*)\])?\Z")
_INDEX: Final = re.compile(r"(?:0|[1-9][0-9]{0,8})\Z")


@dataclass(frozen=True, slots=True)
class FieldRef:
    """A field as it is used: with its argument, ``proc.aname[2]`` or ``evt.arg.flags``."""

    field: Field
    arg: int | str | None = None

    def __str__(self) -> str:
        if self.arg is None:
            return self.field.name
        dotted = self.field.arg == "param" and isinstance(self.arg, str)
        return f"{self.field.name}.{self.arg}" if dotted else f"{self.field.name}[{self.arg}]"

    @property
    def type(self) -> ValueType:
        """What values are, which decides operators, comparison and printing."""
        return self.field.type

    @property
    def path(self) -> bool:
        """Whether the value has two bindings; for ``evt.arg``, whether some event's param of that name is a path."""
        if self.field.arg != "param":
            return self.field.path
        if isinstance(self.arg, int):
            return any(p.type.is_path for e in EVENTS if not e.internal for p in e.params[self.arg : self.arg + 1])
        return any(param.type.is_path for _, param in params_named(str(self.arg)))


class FieldNameError(ValueError):
    """A text that names no field.

    Attributes:
        reason: ``unknown``, ``argument_missing``, ``argument_refused`` or ``not_an_index``.
        field: the row, where the name was right and only the argument is wrong.
    """

    def __init__(self, reason: str, text: str, field: Field | None = None) -> None:
        super().__init__(text)
        self.reason = reason
        self.field = field


def field_ref(text: str) -> FieldRef:
    """Return the field that ``text`` names, with its argument.

    Raises:
        FieldNameError: there is no such field, or its argument is missing, superfluous or no index.
    """
    match = _REFERENCE.match(text)
    name = match["name"] if match else text
    arg = match["arg"] if match else None
    field = FIELD_BY_NAME.get(name)
    if field is None and arg is None:
        # evt.arg.NAME: the longest name of a field that takes a param is followed by the param.
        stem, _, dotted = name.rpartition(".")
        row = FIELD_BY_NAME.get(stem)
        if row is not None and row.arg == "param" and dotted:
            return FieldRef(row, dotted)
    if field is None:
        raise FieldNameError("unknown", f"there is no field {text!r}")
    return FieldRef(field, _argument(field, arg))


def _argument(field: Field, arg: str | None) -> int | str | None:
    if not arg:
        if arg == "" or field.arg in {"index", "key", "param"}:
            raise FieldNameError("argument_missing", f"{field.name} needs an argument", field)
        return None
    if field.arg == "none":
        raise FieldNameError("argument_refused", f"{field.name} takes no argument", field)
    if field.arg in {"key", "optional_key"}:
        return arg
    if not _INDEX.match(arg):
        raise FieldNameError("not_an_index", f"{field.name} takes a number in brackets, not {arg!r}", field)
    return int(arg)


def params_named(name: str) -> tuple[tuple[Event, Param], ...]:
    """Return every param called ``name`` that rules can see, with its event."""
    return tuple(
        (event, param) for event in EVENTS if not event.internal for param in event.params if param.name == name
    )


def slot(event: Event) -> int:
    """Return the dense number of an event: index of its filler and of masks."""
    return _SLOTS[event.code]


_SLOTS: Final = MappingProxyType({event.code: number for number, event in enumerate(EVENTS)})
