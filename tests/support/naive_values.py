# SPDX-License-Identifier: Apache-2.0
"""Values of the naive evaluator."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Any

from tiercel.schema.fields import FIELDS
from tiercel.schema.names import FieldRef
from tiercel.schema.types import Field

_ROWS = {row.name: row for row in FIELDS}


@dataclass(frozen=True)
class Values:
    """Values of a field or a transformer.

    Attributes:
        items: the values.
        shape: ``one``; ``any`` or ``either`` for a field that has several; ``list`` for a list. One without elements
            counts as missing in every check, and has a length.
    """

    items: tuple[Any, ...]
    shape: str = "one"


def _row(name: str) -> tuple[Field, str | None]:
    """Return the longest field that a name begins with, and the rest after the dot."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        row = _ROWS.get(".".join(parts[:end]))
        if row is not None:
            return row, ".".join(parts[end:]) or None
    raise AssertionError(name)


def field_kind(name: str) -> tuple[str, int]:
    """Return the comparison kind of a field, and the bytes of a number."""
    row, rest = _row(name)
    type_ = FieldRef(row, rest).type
    return type_.kind, type_.size


def field_shape(name: str, arg: str | None) -> str:
    """Return the shape of a field: one value, several, or a list."""
    multi = _row(name)[0].multi
    return "one" if multi is None or (arg is not None and multi != "list") else multi


def binary(value: Any, kind: str) -> Any:
    """Return a value in its form for comparison: text as bytes up to the first zero byte, addresses parsed."""
    if kind == "str":
        data = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value
        return data.split(b"\0")[0]
    if kind == "bytes":
        return value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value
    if kind in {"ip", "net"}:
        return ipaddress.ip_address(value)
    return float(value) if kind == "double" else int(value)
