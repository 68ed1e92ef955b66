# SPDX-License-Identifier: Apache-2.0
"""Alert as bytes for the spool, and the alert that is read back from them."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from tiercel.formats.registry import formatter
from tiercel.outputs.base import AlertView
from tiercel.rules.model import Priority
from tiercel.schema.alert_formats import AlertFormat

__all__ = ["StoredAlert", "pack"]

_encode = json.JSONEncoder(separators=(",", ":"), default=str).encode


def pack(alert: AlertView) -> bytes:
    """Return all members of an alert as compressed bytes with a checksum.

    Lone surrogates, which stand for bytes that are not UTF-8, survive: they are escaped in the JSON.
    """
    parts = (
        alert.rule,
        int(alert.priority),
        alert.source,
        alert.tags,
        alert.time_ns,
        alert.hostname,
        dict(alert.fields),
        alert.message,
        alert.output,
        alert.to_text(),
        alert.to_json(),
        dict(alert.json_fields()),
    )
    return zlib.compress(_encode(parts).encode(), 1)


class StoredAlert:
    """Alert from a spool: the members of :class:`tiercel.outputs.AlertView`, as they were when it was stored."""

    __slots__ = ("_parts",)

    def __init__(self, packed: bytes) -> None:
        """Decode the bytes of :func:`pack`. Raises ``ValueError`` for other or damaged bytes."""
        try:
            parts = json.loads(zlib.decompress(packed))
            Priority(parts[1])
        except (zlib.error, TypeError, LookupError, RecursionError) as error:
            raise ValueError(str(error)) from error
        if len(parts) != 12:
            raise ValueError(f"{len(parts)} members")
        self._parts = parts

    @property
    def rule(self) -> str:
        return str(self._parts[0])

    @property
    def priority(self) -> Priority:
        return Priority(self._parts[1])

    @property
    def source(self) -> str:
        return str(self._parts[2])

    @property
    def tags(self) -> tuple[str, ...]:
        return tuple(self._parts[3])

    @property
    def time_ns(self) -> int:
        return int(self._parts[4])

    @property
    def hostname(self) -> str:
        return str(self._parts[5])

    @property
    def fields(self) -> Mapping[str, Any]:
        return MappingProxyType(self._parts[6])

    @property
    def message(self) -> str:
        return str(self._parts[7])

    @property
    def output(self) -> str:
        return str(self._parts[8])

    def to_text(self) -> str:
        return str(self._parts[9])

    def to_json(self) -> str:
        return str(self._parts[10])

    def json_fields(self) -> Mapping[str, Any]:
        return MappingProxyType(self._parts[11])

    def render(self, format: AlertFormat) -> str:
        """Return the alert as one line in one of the formats; it need not be the format at the time of storage."""
        return formatter(format)(self)
